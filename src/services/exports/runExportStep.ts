/**
 * Takes the next step of the export of a job: moves a bounded number of bytes to the destination, and records them. A
 * message of a queue has each step taken. A lease in the row keeps other messages off, and exports of other jobs to the
 * same object; after it has expired, the export goes on where the last recorded part ends.
 */
import type { ExportFailureCode } from '../../contract/failureCode.ts'
import {
  claimExportSteps,
  completeExport,
  deleteExport,
  failExport,
  isExportDue,
  postponeExport,
  updateExport,
} from '../../db/exports.ts'
import { findClaimedRow } from '../../db/jobs.ts'
import type { ExportRow, JobRow } from '../../db/rows.ts'
import { ROOT } from '../../domain/caller.ts'
import { isRetried, retryDelayMs } from '../../domain/retryPolicy.ts'
import { describeError, logError, logInfo } from '../../log.ts'
import { createS3Store } from '../../storage/s3/store.ts'
import { notifyOfEnd } from '../jobs/announceEnd.ts'
import type { Platform } from '../ports.ts'
import { folderOf, openDestination } from './destinations.ts'
import {
  describeFailure,
  type ExportFailure,
  ExportLostError,
  LEASE_MS,
  REQUEST_MS,
  VariantLostError,
} from './exportErrors.ts'
import { storeObject, type Stored } from './storeObject.ts'
import { isPackage, storePackage } from './storePackage.ts'

/** An export fails after this number of failures in a row, which takes about two and a half hours. */
const MAX_FAILURES = 8
const MAX_EXPORT_MS = 24 * 3_600_000
/** A step begins no further part, and no further file, after this time. */
const STEP_MS = 60_000
/** Time until the next try, while another export writes to the same object. */
const BUSY_SECONDS = 5
/** Time until the next try to delete what is left of an export. */
const CLEAN_AGAIN_MS = 10 * 60_000
/** The parts of an upload that could not be deleted for this time are left to the service. */
const MAX_CLEAN_MS = 7 * 86_400_000

export async function runExportSteps(platform: Platform, jobId: string): Promise<void> {
  const now = Date.now()
  const claimed = await claimExportSteps(platform.db, jobId, now, now + LEASE_MS)
  for (const row of claimed) {
    await (row.endedAt === null ? runStep(platform, row) : deleteRemains(platform, row))
  }
  if (claimed.length === 0 && (await isExportDue(platform.db, jobId, now))) {
    await platform.wakeExports([{ jobId, delaySeconds: BUSY_SECONDS }])
  }
}

function open(platform: Platform, row: ExportRow) {
  const place = JSON.parse(row.destination) as { credential: string; bucket: string; key: string }
  // The request was checked when the job was created. A credential can be changed since.
  const opened = openDestination(platform, ROOT, place, () => place.key, isPackage(row))
  return { place, opened }
}

async function runStep(platform: Platform, row: ExportRow): Promise<void> {
  const { place, opened } = open(platform, row)
  if (!opened.ok) {
    return fail(platform, row, { code: 'export_refused', message: opened.message })
  }
  const job = await findClaimedRow(platform.db, row.jobId)
  if (!job) {
    return
  }
  const store = createS3Store(opened.bucket, REQUEST_MS)
  try {
    const until = Date.now() + STEP_MS
    const state = { platform, row, job, store, until, onProgress: createProgress(platform, job) }
    const stored = await (isPackage(row)
      ? storePackage(state, place.key)
      : storeObject(state, { source: row.outputKey, key: place.key }))
    await (stored === null ? schedule(platform, row, 0) : complete(platform, row, stored))
  } catch (error) {
    if (error instanceof ExportLostError) {
      // This step sends nothing any more, so what is left after a cancellation can be deleted.
      await postponeExport(platform.db, { id: row.id, step: row.step + 1 }, 0)
      await platform.wakeExports([{ jobId: row.jobId, delaySeconds: 0 }])
    } else if (error instanceof VariantLostError) {
      await startAttempt(platform, row, job)
    } else {
      logError('export_step_failed', {
        jobId: row.jobId,
        error: describeError(error instanceof Error ? (error.cause ?? error) : error),
      })
      await failOrRetry(platform, row, describeFailure(place, error))
    }
  }
}

async function complete(platform: Platform, row: ExportRow, stored: Stored): Promise<void> {
  const { etag, sizeBytes, files = 1 } = stored
  const job = await completeExport(platform.db, row, { etag, sizeBytes, files }, Date.now())
  if (job) {
    logInfo('export_completed', { jobId: row.jobId, sizeBytes, files })
    notifyOfEnd(platform, job, null)
  }
}

async function failOrRetry(
  platform: Platform,
  row: ExportRow,
  failure: ExportFailure,
): Promise<void> {
  const failures = row.failures + 1
  const isFinal =
    !failure.isTemporary || failures >= MAX_FAILURES || Date.now() - row.startedAt >= MAX_EXPORT_MS
  await (isFinal
    ? fail(platform, row, failure)
    : schedule(platform, row, retryDelayMs(failures, Math.random()), failures))
}

async function schedule(
  platform: Platform,
  row: ExportRow,
  delayMs: number,
  failures?: number,
): Promise<void> {
  const isCurrent = await updateExport(platform.db, row, {
    dueAt: Date.now() + delayMs,
    leasedUntil: 0,
    ...(failures !== undefined && { failures }),
  })
  const delaySeconds = isCurrent ? Math.ceil(delayMs / 1000) : 0
  await platform.wakeExports([{ jobId: row.jobId, delaySeconds }])
}

async function fail(
  platform: Platform,
  row: ExportRow,
  { code, message }: { code: ExportFailureCode; message: string },
): Promise<void> {
  await end(platform, row, { errorCode: code, message, retryAt: null })
}

/** The variant is lost, so the job makes it again, if it has attempts left. */
async function startAttempt(platform: Platform, row: ExportRow, job: JobRow): Promise<void> {
  await end(platform, row, {
    errorCode: 'storage',
    message: 'The variant was deleted before it was stored at its destination.',
    retryAt: isRetried('storage', job.attempt, job.maxAttempts)
      ? Date.now() + retryDelayMs(job.attempt, Math.random())
      : null,
  })
}

async function end(
  platform: Platform,
  row: ExportRow,
  failure: Parameters<typeof failExport>[2],
): Promise<void> {
  const job = await failExport(platform.db, row, failure, Date.now())
  if (job) {
    logInfo('export_ended', { jobId: row.jobId, code: failure.errorCode })
    notifyOfEnd(platform, job, failure.retryAt)
  }
  await platform.wakeExports([{ jobId: row.jobId, delaySeconds: 0 }])
}

/** Deletes the parts of an export that has ended, and then its row. Objects that are stored stay. */
async function deleteRemains(platform: Platform, row: ExportRow): Promise<void> {
  const { place, opened } = open(platform, row)
  if (row.uploadId !== null && opened.ok) {
    try {
      const store = createS3Store(opened.bucket, REQUEST_MS)
      const key = Array.isArray(row.parts) ? place.key : folderOf(place.key) + row.parts.uploading
      await store.abortMultipartUpload({ key, uploadId: row.uploadId })
    } catch (error) {
      logError('export_cleaning_failed', { jobId: row.jobId, error: describeError(error) })
      if (Date.now() - row.endedAt! < MAX_CLEAN_MS) {
        return postponeExport(platform.db, row, Date.now() + CLEAN_AGAIN_MS)
      }
    }
  }
  await deleteExport(platform.db, row)
}

/** Sends the remaining time of an export to the clients that follow the job. */
function createProgress(platform: Platform, { id, queue, filePath, progress }: JobRow) {
  const startedAt = Date.now()
  let firstBytes: number | null = null
  return (storedBytes: number, sizeBytes: number) => {
    firstBytes ??= storedBytes
    const bytesPerMs = (storedBytes - firstBytes) / Math.max(1, Date.now() - startedAt)
    const etaSeconds =
      bytesPerMs === 0 ? null : Math.round(Math.max(0, sizeBytes - storedBytes) / bytesPerMs / 1000)
    const fields = { progress, stage: 'export' as const, etaSeconds, fps: null, speed: null }
    platform.defer(platform.hubs.sendProgress(queue, filePath, { jobId: id, ...fields }))
  }
}
