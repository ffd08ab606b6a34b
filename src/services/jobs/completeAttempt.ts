/** Completes an attempt: its output, one file or a package, becomes the variant. */
import type { Finish } from '../../contract/runnerProtocol.ts'
import { completeJob, type Completion } from '../../db/completeJob.ts'
import { saveFileProbe } from '../../db/fileProbes.ts'
import type { Claim } from '../../db/leases.ts'
import type { JobRow } from '../../db/rows.ts'
import { findPackageEntry } from '../../domain/packageEntry.ts'
import type { MultipartUpload, ObjectStore, StoredObject } from '../../storage/objectStore.ts'
import type { Platform } from '../ports.ts'
import { areUnchanged } from '../variants/referenceFiles.ts'
import { completeJoinedJob, completeTrackChunk } from '../chunks/completeChunk.ts'
import { restartJob } from '../chunks/endSplitJob.ts'
import { announceEnd } from './announceEnd.ts'
import { type AttemptOutcome, failAttempt, findRepeatedEnd, releaseAttempt } from './endAttempt.ts'
import { findHeldJob } from './claimChecks.ts'
import { findUploadKey } from './heldJobs.ts'

/** Completes an attempt whose output is one uploaded file. */
export async function completeWithFile(
  platform: Platform,
  claim: Claim,
  finish: Extract<Finish, { outcome: 'completed' }>,
): Promise<AttemptOutcome> {
  const held = await findHeldJob(platform, claim)
  const { uploadId } = finish
  const key = held.ok && (await findUploadKey(platform, claim, uploadId))
  if (!key) {
    return findRepeatedEnd(platform, claim, ['completed'])
  }
  const released = await releaseIfInputsChanged(platform, held.row)
  if (released) {
    return released
  }
  const object = await completeUpload(platform.variants, { key, uploadId }, finish)
  if (!object) {
    return failAttempt(platform, held.row, {
      errorCode: 'storage',
      message: 'The upload of the output could not be completed.',
    })
  }
  const { row } = held
  if (row.chunk !== null && row.chunk.kind !== 'join') {
    return (await completeTrackChunk(platform, row, claim, { outputKey: key, finish }))
      ? { ok: true, status: 'completed' }
      : findRepeatedEnd(platform, claim, ['completed'])
  }
  if (findPackageEntry((row.chunk ?? row).transformation) !== null) {
    return failAttempt(platform, held.row, {
      errorCode: 'output_invalid',
      message: 'The output is one file, but this variant is a package of several files.',
    })
  }
  return completeWithOutput(platform, row, finish, { key, sizeBytes: object.sizeBytes }, claim)
}

/**
 * Completes an attempt whose output is a package. Checks that the file that a player opens first is
 * stored; the runner is responsible for the other files.
 */
export async function completeWithPackage(
  platform: Platform,
  claim: Claim,
  finish: Extract<Finish, { outcome: 'packaged' }>,
): Promise<AttemptOutcome> {
  const held = await findHeldJob(platform, claim)
  if (!held.ok) {
    return findRepeatedEnd(platform, claim, ['completed'])
  }
  const released = await releaseIfInputsChanged(platform, held.row)
  if (released) {
    return released
  }
  const { packageKey: key, transformation } = held.row.chunk ?? held.row
  const entry = findPackageEntry(transformation)
  if (key === null || entry === null || !(await platform.variants.head(key + entry))) {
    return failAttempt(platform, held.row, {
      errorCode: 'output_invalid',
      message: entry === null ? 'This variant is not a package.' : `The package has no ${entry}.`,
    })
  }
  const stored = { key, sizeBytes: finish.sizeBytes }
  return completeWithOutput(platform, held.row, finish, stored, claim)
}

/**
 * Releases the job if its original was replaced, or a reference file was replaced or deleted, since
 * the claim: the output is stale. Returns null if the output is not stale.
 */
async function releaseIfInputsChanged(
  platform: Platform,
  row: JobRow,
): Promise<AttemptOutcome | null> {
  const { filePath } = row.chunk ?? row
  const [source, areReferencesUnchanged] = await Promise.all([
    platform.originals.head(filePath),
    areUnchanged(platform, row.referenceFiles),
  ])
  if (areReferencesUnchanged && (!source || source.etag === row.sourceEtag)) {
    return null
  }
  const reason = 'a file that it reads was replaced or deleted'
  if (row.parentId !== null) {
    // All chunks of the job are stale.
    await restartJob(platform, row.parentId, `The job begins anew: ${reason}.`)
    return { ok: true, status: 'pending' }
  }
  return releaseAttempt(platform, { jobId: row.id, fence: row.fence }, reason)
}

async function completeWithOutput(
  platform: Platform,
  held: JobRow,
  finish: Completion['finish'],
  stored: { key: string; sizeBytes: number },
  claim: Claim,
): Promise<AttemptOutcome> {
  const output = { ...finish.output, sizeBytes: stored.sizeBytes }
  const outputKey = stored.key
  const row =
    held.parentId !== null
      ? await completeJoinedJob(platform, held, claim, { outputKey, output, finish })
      : await completeJob(
          platform.db,
          claim,
          { outputKey, output, finish, isExported: held.destination !== null },
          Date.now(),
        )
  if (!row) {
    return findRepeatedEnd(platform, claim, ['completed'])
  }
  const { id: jobId, queue, filePath, sourceEtag: etag } = row
  if (finish.probe) {
    // Stored for the file that the job names, so that a runner can only write to files of its jobs.
    platform.defer(saveFileProbe(platform.db, { filePath, etag }, finish.probe, Date.now()))
  }
  if (row.status === 'running') {
    announceEnd(platform, row, null)
    platform.defer(platform.wakeExports([{ jobId, delaySeconds: 0 }]))
    return { ok: true, status: 'running' }
  }
  const progress = {
    jobId,
    progress: 100,
    stage: 'upload' as const,
    etaSeconds: 0,
    fps: null,
    speed: null,
  }
  // Sent before the hub is notified of the completion, so that progress bars reach 100.
  await platform.hubs.sendProgress(queue, filePath, progress).catch(() => undefined)
  announceEnd(platform, row, null)
  return { ok: true, status: 'completed' }
}

/**
 * Completes the multipart upload of an output and returns the object. A repeated request returns
 * the object of the first one. Returns null if the upload cannot be completed and there is no such
 * object.
 */
async function completeUpload(
  store: ObjectStore,
  upload: MultipartUpload,
  { parts }: Extract<Finish, { outcome: 'completed' }>,
): Promise<StoredObject | null> {
  const completed = await store.completeMultipartUpload(upload, parts)
  return completed.ok ? completed.object : store.head(upload.key)
}
