/**
 * Takes the next step of an import: moves a bounded number of bytes, and records them. A message of a queue has each
 * step taken, one after another. A lease in the row keeps other messages off; after it has expired, the import goes on
 * where the last recorded part ends.
 */
import {
  claimImportStep,
  completeImport,
  failImport,
  listWaitingJobs,
  updateImport,
  type WaitingJob,
} from '../../db/importSteps.ts'
import type { ImportRow } from '../../db/rows.ts'
import { retryDelayMs } from '../../domain/retryPolicy.ts'
import { describeError, logError, logInfo } from '../../log.ts'
import type { Platform } from '../ports.ts'
import { deleteImportRemains, releaseJobs, stopJobs } from './endImport.ts'
import { fetchFile } from './fetchFile.ts'
import { findNewerFile } from './findNewerFile.ts'
import { ImportLease, ImportLostError, leaseUntil } from './ImportLease.ts'
import { hasHeaders, type ImportSource, readImportSource } from './importSource.ts'
import type { ImportFailure, StepOutcome } from './stepOutcome.ts'

/** An import fails after this number of failures in a row. */
const MAX_FAILURES = 5
/** Less than the time after which the cleaner deletes uploads. */
const MAX_IMPORT_MS = 12 * 3_600_000
/** A file that changes more often while it is fetched is given up. */
const MAX_RESTARTS = 1

export async function runImportStep(platform: Platform, filePath: string): Promise<void> {
  const row = await claimImportStep(platform.db, filePath, Date.now(), leaseUntil())
  if (row === undefined) {
    return
  }
  if (row.endedAt !== null) {
    return deleteImportRemains(platform, row)
  }
  const [source, jobs] = await Promise.all([
    readImportSource(platform, row),
    listWaitingJobs(platform.db, filePath),
  ])
  if (Date.now() - row.startedAt >= MAX_IMPORT_MS) {
    return fail(platform, row, source, TOO_LONG)
  }
  const lease = new ImportLease(platform, row, jobs)
  try {
    const outcome = await run(platform, row, { source, jobs, lease })
    await conclude(platform, row, source, outcome, lease.hasProgress)
  } catch (error) {
    if (!(error instanceof ImportLostError)) {
      throw error
    }
    // After a cancellation, the remains are due for deletion.
    await platform.wakeImports([{ filePath, delaySeconds: 0 }])
  }
}

const SOURCE_LOST: StepOutcome = {
  type: 'failed',
  code: 'import_unavailable',
  message:
    'The service does not have the URL and the request headers of the import any more: they are deleted when it ends, and cannot be read after the secret SIGNING_KEYS was replaced. Create the jobs again, with source.',
}

async function run(
  platform: Platform,
  row: ImportRow,
  { source, jobs, lease }: { source: ImportSource | null; jobs: WaitingJob[]; lease: ImportLease },
): Promise<StepOutcome> {
  try {
    const newer = await findNewerFile(platform, row, jobs)
    return newer ?? (source === null ? SOURCE_LOST : await fetchFile(platform, row, source, lease))
  } catch (error) {
    if (error instanceof ImportLostError) {
      throw error
    }
    logError('import_step_failed', { filePath: row.filePath, error: describeError(error) })
    return {
      type: 'failed',
      code: 'import_failed',
      message: 'The file could not be stored, because of an error of the service. Try again later.',
      retryAfterMs: 0,
    }
  }
}

async function conclude(
  platform: Platform,
  row: ImportRow,
  source: ImportSource | null,
  outcome: StepOutcome,
  hasProgress: boolean,
): Promise<void> {
  const { filePath } = row
  switch (outcome.type) {
    case 'stored': {
      const jobs = await completeImport(platform.db, row, outcome, Date.now())
      if (jobs !== null) {
        logInfo('import_completed', { filePath, sizeBytes: outcome.sizeBytes })
        return releaseJobs(platform, jobs)
      }
      // The import was cancelled meanwhile. Its upload is due for deletion.
      return platform.wakeImports([{ filePath, delaySeconds: 0 }])
    }
    case 'more':
      return schedule(platform, row, 0, {})
    case 'changed':
      return row.restarts < MAX_RESTARTS
        ? schedule(platform, row, 0, { ...FROM_START, restarts: row.restarts + 1 })
        : fail(platform, row, source, FILE_CHANGED)
    case 'failed': {
      // A transfer that was cut after some parts continues at once.
      const failures = hasProgress ? 0 : row.failures + 1
      const retryAt = findRetryTime(row, failures, outcome, Date.now())
      return retryAt === null
        ? fail(platform, row, source, outcome)
        : schedule(platform, row, retryAt, { failures })
    }
  }
}

const TOO_LONG: ImportFailure = {
  code: 'import_unavailable',
  message: `The file could not be fetched within ${MAX_IMPORT_MS / 3_600_000} hours. Import it from a faster server, or a smaller file.`,
}

/** The upload of the earlier bytes is deleted by the next step. */
const FROM_START = { offsetBytes: 0, sizeBytes: null, etag: null, validator: null } as const

const FILE_CHANGED: ImportFailure = {
  code: 'import_changed',
  message:
    'The remote file changed twice while it was imported. Import it when it is complete, or from a URL whose content does not change.',
}

/**
 * Returns when a failed step is taken again (ms since the epoch); null if the failure is final.
 *
 * @param failures in a row, with nothing stored between them
 */
function findRetryTime(
  { startedAt }: ImportRow,
  failures: number,
  { retryAfterMs }: ImportFailure,
  now: number,
): number | null {
  if (retryAfterMs === undefined || failures >= MAX_FAILURES) {
    return null
  }
  const delay = failures === 0 ? 0 : retryDelayMs(failures, Math.random())
  const retryAt = now + Math.max(retryAfterMs, delay)
  return retryAt - startedAt < MAX_IMPORT_MS ? retryAt : null
}

async function schedule(
  platform: Platform,
  row: ImportRow,
  dueAt: number,
  changes: Partial<ImportRow>,
): Promise<void> {
  const isCurrent = await updateImport(platform.db, row, { ...changes, dueAt })
  const delaySeconds = isCurrent ? Math.max(0, Math.ceil((dueAt - Date.now()) / 1000)) : 0
  await platform.wakeImports([{ filePath: row.filePath, delaySeconds }])
}

async function fail(
  platform: Platform,
  row: ImportRow,
  source: ImportSource | null,
  { code, message }: ImportFailure,
): Promise<void> {
  // Headers can be secret. Without headers, the jobs can be retried.
  const keepsSource = source !== null && !hasHeaders(source)
  const failure = { code, message, keepsSource }
  const jobs = await failImport(platform.db, row, failure, Date.now())
  if (jobs !== null) {
    logInfo('import_ended', { filePath: row.filePath, code })
    stopJobs(platform, jobs)
    await platform.wakeImports([{ filePath: row.filePath, delaySeconds: 0 }])
  }
}
