/** The ends of an attempt: completed, failed, released. */
import type { Finish } from '../contract/runner.ts'
import { completeJob, failJob, releaseJob } from '../db/jobChanges.ts'
import { type Claim, isHeldBy } from '../db/leases.ts'
import { findJob } from '../db/jobRows.ts'
import { findOutput } from '../db/outputRows.ts'
import { backoffMs, triesAgain } from '../domain/jobState.ts'
import { completionProblem } from '../storage/completion.ts'
import { collectOutputs } from './collect.ts'
import { heldJob, leaseLost, type Lost } from './lease.ts'
import type { Platform } from './platform.ts'
import { soon } from './queue.ts'
import type { JobRow } from '../db/rows.ts'

type Finished = { ok: true; status: 'completed' | 'error' | 'pending' }

/** Ends an attempt. Said twice, it is answered twice and done once. */
export async function finish(
  platform: Platform,
  claim: Claim,
  message: Finish,
): Promise<Finished | Lost> {
  switch (message.outcome) {
    case 'completed':
      return complete(platform, claim, message)
    case 'failed': {
      const held = await heldJob(platform, claim)
      if (!held.ok) return saidBefore(platform, claim, ['error', 'pending'])
      return failAttempt(platform, held.row, message, { notes: message })
    }
    case 'released':
      return release(platform, claim)
  }
}

async function complete(
  platform: Platform,
  claim: Claim,
  message: Extract<Finish, { outcome: 'completed' }>,
): Promise<Finished | Lost> {
  const held = await heldJob(platform, claim)
  const output = held.ok && (await findOutput(platform.db, claim, message.uploadId))
  if (!output) return saidBefore(platform, claim, ['completed'])
  const source = await platform.originals.head(held.row.filePath)
  // Replaced while it was worked on: what came out is a variant of a file that is no more.
  if (source && source.etag !== held.row.sourceEtag) return release(platform, claim)
  const object = await wholeObject(platform.variants, output, message)
  if (!object)
    return failAttempt(platform, held.row, {
      errorCode: 'storage',
      message: 'The upload of the result did not arrive whole.',
    })
  const completion = {
    outputKey: output.key,
    output: { ...message.output, sizeBytes: object.size },
  }
  const row = await completeJob(platform.db, claim, { ...completion, finish: message }, Date.now())
  if (!row) return saidBefore(platform, claim, ['completed'])
  const { queue, filePath } = row
  const progress = { jobId: row.id, progress: 100, stage: 'upload' as const, etaSeconds: 0 }
  // Before the event that ends the job, for those who draw a bar.
  await platform.hubs.progress(queue, filePath, progress).catch(() => undefined)
  afterwards(platform, row, null)
  return { ok: true, status: 'completed' }
}

/**
 * Completes the upload, or finds it completed by the same message when it came before. Null when
 * the parts make no object.
 */
async function wholeObject(
  bucket: R2Bucket,
  output: { key: string; uploadId: string },
  { parts }: Extract<Finish, { outcome: 'completed' }>,
): Promise<R2Object | null> {
  try {
    return await bucket.resumeMultipartUpload(output.key, output.uploadId).complete(parts)
  } catch (error) {
    const object = await bucket.head(output.key)
    if (object) return object
    if (completionProblem(error)) return null
    throw error
  }
}

type FailedFinish = Extract<Finish, { outcome: 'failed' }>
type Cause = Pick<FailedFinish, 'errorCode' | 'message'>

/** Ends a failed attempt of a running job by the retry ladder; also for leases that ran out. */
export async function failAttempt(
  platform: Platform,
  job: JobRow,
  { errorCode, message }: Cause,
  more: { notes?: FailedFinish; leaseExpiredBy?: number } = {},
): Promise<Finished | Lost> {
  const now = Date.now()
  const retryAt = triesAgain(errorCode, job.attempt, job.maxAttempts)
    ? now + backoffMs(job.attempt, Math.random())
    : null
  const claim = { jobId: job.id, fence: job.fence }
  const row = await failJob(platform.db, claim, { errorCode, message, retryAt, ...more }, now)
  if (!row) return saidBefore(platform, claim, ['error', 'pending'])
  afterwards(platform, row, retryAt)
  return { ok: true, status: retryAt === null ? 'error' : 'pending' }
}

async function release(platform: Platform, claim: Claim): Promise<Finished | Lost> {
  const row = await releaseJob(platform.db, claim)
  if (!row) return saidBefore(platform, claim, ['pending'])
  platform.defer(platform.sendTickets(row.queue, 1))
  afterwards(platform, row, null)
  return { ok: true, status: 'pending' }
}

/** A message whose answer was lost comes again: the same fence in the state that it led to. */
async function saidBefore(
  { db }: Platform,
  claim: Claim,
  states: Finished['status'][],
): Promise<Finished | Lost> {
  const row = await findJob(db, claim.jobId)
  const status = states.find((state) => state === row?.status)
  return row && isHeldBy(row, claim) && status ? { ok: true, status } : leaseLost()
}

/** The slot is free, and the runner that had it may be gone. */
function afterwards(platform: Platform, row: JobRow, deadline: number | null) {
  platform.defer(platform.hubs.poke(row.queue, Math.min(deadline ?? Infinity, soon())))
  platform.defer(collectOutputs(platform))
}
