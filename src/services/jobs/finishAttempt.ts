/** The ends of an attempt: completed, failed, released. */
import { PACKAGE_ENTRY } from '../../contract/rendition.ts'
import type { Finish } from '../../contract/runnerProtocol.ts'
import { completeJob, type Completion, failJob, releaseJob } from '../../db/jobTransitions.ts'
import { type Claim, isHeldBy } from '../../db/leases.ts'
import { findJob } from '../../db/jobs.ts'
import { findOutput } from '../../db/outputs.ts'
import { backoffMs, triesAgain } from '../../domain/jobTransitions.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { collectGarbage } from '../maintenance/garbageCollector.ts'
import { findHeldJob, leaseLostError, type LeaseLostError } from './heldJob.ts'
import type { MultipartUpload, ObjectStore, StoredObject } from '../../storage/objectStore.ts'
import type { Platform } from '../ports.ts'
import { areUnchanged } from '../variants/referenceFiles.ts'
import { recheckTime } from '../queues/queues.ts'
import type { JobRow } from '../../db/rows.ts'

interface Finished {
  ok: true
  status: 'completed' | 'error' | 'pending'
}

/** Ends an attempt. Said twice, it is answered twice and done once. */
export async function finishAttempt(
  platform: Platform,
  claim: Claim,
  message: Finish,
): Promise<Finished | LeaseLostError> {
  switch (message.outcome) {
    case 'completed':
      return complete(platform, claim, message)
    case 'packaged':
      return completePackage(platform, claim, message)
    case 'failed': {
      const held = await findHeldJob(platform, claim)
      if (!held.ok) {
        return saidBefore(platform, claim, ['error', 'pending'])
      }
      return failAttempt(platform, held.row, message, { details: message })
    }
    case 'released':
      return release(platform, claim)
  }
}

async function complete(
  platform: Platform,
  claim: Claim,
  message: Extract<Finish, { outcome: 'completed' }>,
): Promise<Finished | LeaseLostError> {
  const held = await findHeldJob(platform, claim)
  const output = held.ok && (await findOutput(platform.db, claim, message.uploadId))
  if (!output) {
    return saidBefore(platform, claim, ['completed'])
  }
  const moved = await releaseIfMoved(platform, held.row)
  if (moved) {
    return moved
  }
  const { key, uploadId } = output
  const object = await wholeObject(platform.variants, { key, uploadId: uploadId! }, message)
  if (!object) {
    return failAttempt(platform, held.row, {
      errorCode: 'storage',
      message: 'The upload of the result did not arrive whole.',
    })
  }
  if (entryOf(held.row) !== null) {
    return failAttempt(platform, held.row, {
      errorCode: 'output_invalid',
      message: 'The result is one file, and this variant is a package of several.',
    })
  }
  return place(platform, claim, message, { key, sizeBytes: object.sizeBytes })
}

/** Of a package the file by which a player begins has to be there; of the others the runner knows. */
async function completePackage(
  platform: Platform,
  claim: Claim,
  message: Extract<Finish, { outcome: 'packaged' }>,
): Promise<Finished | LeaseLostError> {
  const held = await findHeldJob(platform, claim)
  if (!held.ok) {
    return saidBefore(platform, claim, ['completed'])
  }
  const moved = await releaseIfMoved(platform, held.row)
  if (moved) {
    return moved
  }
  const { packageKey: key } = held.row
  const entry = entryOf(held.row)
  if (key === null || entry === null || !(await platform.variants.head(key + entry))) {
    return failAttempt(platform, held.row, {
      errorCode: 'output_invalid',
      message: entry === null ? 'This variant is no package.' : `The package has no ${entry}.`,
    })
  }
  return place(platform, claim, message, { key, sizeBytes: message.sizeBytes })
}

function entryOf({ transformation }: JobRow) {
  return PACKAGE_ENTRY[readCanonicalForm(transformation).kind] ?? null
}

/**
 * Where a file that it was made of was replaced while it was worked on, what came out is a variant of
 * what is no more: the job is done again.
 */
async function releaseIfMoved(
  platform: Platform,
  row: JobRow,
): Promise<Finished | LeaseLostError | null> {
  const [source, current] = await Promise.all([
    platform.originals.head(row.filePath),
    areUnchanged(platform, row.referenceFiles),
  ])
  if (current && (!source || source.etag === row.sourceEtag)) {
    return null
  }
  return release(platform, { jobId: row.id, fence: row.fence })
}

async function place(
  platform: Platform,
  claim: Claim,
  message: Completion['finish'],
  made: { key: string; sizeBytes: number },
): Promise<Finished | LeaseLostError> {
  const output = { ...message.output, sizeBytes: made.sizeBytes }
  const completion = { outputKey: made.key, output, finish: message }
  const row = await completeJob(platform.db, claim, completion, Date.now())
  if (!row) {
    return saidBefore(platform, claim, ['completed'])
  }
  const { queue, filePath } = row
  const last = { progress: 100, stage: 'upload' as const, etaSeconds: 0, fps: null, speed: null }
  // Before the event that ends the job, for those who draw a bar.
  await platform.hubs.progress(queue, filePath, { jobId: row.id, ...last }).catch(() => undefined)
  afterwards(platform, row, null)
  return { ok: true, status: 'completed' }
}

/**
 * Completes the upload, or finds it completed by the same message when it came before. Null when
 * the parts make no object.
 */
async function wholeObject(
  store: ObjectStore,
  output: MultipartUpload,
  { parts }: Extract<Finish, { outcome: 'completed' }>,
): Promise<StoredObject | null> {
  const completed = await store.completeMultipartUpload(output, parts)
  return completed.ok ? completed.object : store.head(output.key)
}

type FailedFinish = Extract<Finish, { outcome: 'failed' }>
type Cause = Pick<FailedFinish, 'errorCode' | 'message'>

/** Ends a failed attempt of a running job by the retry ladder; also for leases that ran out. */
export async function failAttempt(
  platform: Platform,
  job: JobRow,
  { errorCode, message }: Cause,
  more: { details?: FailedFinish; leaseExpiredBy?: number } = {},
): Promise<Finished | LeaseLostError> {
  const now = Date.now()
  const retryAt = triesAgain(errorCode, job.attempt, job.maxAttempts)
    ? now + backoffMs(job.attempt, Math.random())
    : null
  const claim = { jobId: job.id, fence: job.fence }
  const row = await failJob(platform.db, claim, { errorCode, message, retryAt, ...more }, now)
  if (!row) {
    return saidBefore(platform, claim, ['error', 'pending'])
  }
  afterwards(platform, row, retryAt)
  return { ok: true, status: retryAt === null ? 'error' : 'pending' }
}

async function release(platform: Platform, claim: Claim): Promise<Finished | LeaseLostError> {
  const row = await releaseJob(platform.db, claim)
  if (!row) {
    return saidBefore(platform, claim, ['pending'])
  }
  platform.defer(platform.sendTickets(row.queue, 1))
  afterwards(platform, row, null)
  return { ok: true, status: 'pending' }
}

/** A message whose answer was lost comes again: the same fence in the state that it led to. */
async function saidBefore(
  { db }: Platform,
  claim: Claim,
  states: Finished['status'][],
): Promise<Finished | LeaseLostError> {
  const row = await findJob(db, claim.jobId)
  const status = states.find((state) => state === row?.status)
  return row && isHeldBy(row, claim) && status ? { ok: true, status } : leaseLostError()
}

/** The slot is free, and the runner that had it may be gone. */
function afterwards(platform: Platform, row: JobRow, deadline: number | null) {
  platform.defer(platform.hubs.notify(row.queue, Math.min(deadline ?? Infinity, recheckTime())))
  platform.defer(collectGarbage(platform))
}
