/**
 * Changes of a job's status, except claims (`leases.ts`) and completion (`completeJob.ts`). Each is a conditional UPDATE
 * whose guard comes from the transition table. It returns no row if the job does not exist or the
 * change is not allowed, which are expected outcomes. Database triggers update counters, events,
 * attempts and retired outputs.
 */
import { and, eq, lt, lte, type SQL, sql } from 'drizzle-orm'
import type { FailureCode } from '../contract/failureCode.ts'
import { PRIORITY } from '../contract/limits.ts'
import type { Finish } from '../contract/runnerProtocol.ts'
import type { Restriction } from '../domain/caller.ts'
import { ACTIVE_STATUSES, type JobEvent, TRANSITIONS } from '../domain/jobTransitions.ts'
import { MAX_INTERRUPTIONS } from '../domain/retryPolicy.ts'
import { type Database, first, isListed, sqlList, statement } from './database.ts'
import { CHANGED_COLUMNS } from './jobColumns.ts'
import { type Claim, isHeldByClaim, reportedFacts } from './leases.ts'
import { endedAttempts, jobs } from './schema/index.ts'
import { NO_DUE_TIME } from './schema/jobs.ts'
import { isVisibleJob } from './accessConditions.ts'
import type { ChangedJob } from './rows.ts'

export function isAllowed(event: JobEvent) {
  return sql`${jobs.status} IN ${sqlList(TRANSITIONS[event].from)}`
}

/** Column values of a job that no runner holds. */
export const NOT_HELD = {
  leaseExpiresAt: null,
  stage: null,
  etaSeconds: null,
  fps: null,
  speed: null,
  chunkCount: null,
} as const

/** Column values of a job whose variant is ready and is exported. */
export const EXPORTING = {
  ...NOT_HELD,
  stage: 'export',
  chunkCount: 0,
  progress: 99,
  fence: sql`fence + 1`,
} as const

/** Column values of a job whose attempt did not complete it. They also clear its package. */
export const NOT_COMPLETED = { ...NOT_HELD, playableAt: null, packageKey: null } as const

interface AttemptLog {
  command: string
  stderrTail: string
}

/** Records the log of an attempt that has not completed its job. */
export function recordAttemptLog(db: Database, claim: Claim, log: AttemptLog) {
  return db
    .update(endedAttempts)
    .set({ command: log.command, stderrTail: log.stderrTail })
    .where(and(eq(endedAttempts.jobId, claim.jobId), eq(endedAttempts.fence, claim.fence)))
}

export interface Failure {
  errorCode: FailureCode
  message: string
  /** When the next attempt is due (ms since the epoch); null if the failure is final. */
  retryAt: number | null
  /** What the runner reported about the attempt; undefined if the runner did not end it. */
  details?: Omit<Extract<Finish, { outcome: 'failed' }>, 'outcome' | 'fence'>
  /**
   * Time (ms since the epoch): the attempt is ended only if its lease expired at or before it, because
   * a report can have extended the lease meanwhile.
   */
  leaseExpiredBy?: number
}

/**
 * Returns the statement of {@link failJob}, without the log.
 *
 * @param guard a further condition
 */
export function failStatement(
  db: Database,
  claim: Claim,
  failure: Failure,
  now: number,
  guard?: SQL,
) {
  const event = failure.retryAt === null ? 'fail' : 'backOff'
  return db
    .update(jobs)
    .set({
      ...NOT_COMPLETED,
      status: TRANSITIONS[event].to,
      runAfter: failure.retryAt,
      completedAt: failure.retryAt === null ? now : null,
      error: failure.message,
      errorCode: failure.errorCode,
      ...(failure.details && {
        ...reportedFacts(failure.details),
        timings: failure.details.timings,
      }),
    })
    .where(
      and(
        isHeldByClaim(claim),
        isAllowed(event),
        failure.leaseExpiredBy === undefined
          ? undefined
          : lte(jobs.leaseExpiresAt, failure.leaseExpiredBy),
        guard,
      ),
    )
    .returning()
}

/** Ends a failed attempt: the job fails, or waits for its next attempt at `retryAt`. */
export async function failJob(db: Database, claim: Claim, failure: Failure, now: number) {
  const fail = failStatement(db, claim, failure, now)
  if (!failure.details) {
    return first(await fail)
  }
  return first((await db.batch([fail, recordAttemptLog(db, claim, failure.details)]))[0])
}

/**
 * Returns an interrupted job to its place in the queue. The attempt does not count. Returns
 * undefined if the claim no longer holds the job, or if the job was interrupted MAX_INTERRUPTIONS
 * times before.
 */
export function releaseJob(db: Database, claim: Claim) {
  return db
    .update(jobs)
    .set({
      ...NOT_COMPLETED,
      status: TRANSITIONS.release.to,
      attempt: sql`attempt - 1`,
      interruptions: sql`interruptions + 1`,
      progress: 0,
      startedAt: null,
    })
    .where(
      and(isHeldByClaim(claim), isAllowed('release'), lt(jobs.interruptions, MAX_INTERRUPTIONS)),
    )
    .returning()
    .then(first)
}

/**
 * Cancels those of the jobs that are pending; with `force` running ones too. Returns the cancelled
 * jobs: the caller sees the others not, or their status does not allow it.
 */
export function cancelJobRows(
  db: Database,
  ids: string[],
  force: boolean,
  now: number,
  restriction: Restriction,
): Promise<ChangedJob[]> {
  const event = force ? 'forceCancel' : 'cancel'
  return db
    .update(jobs)
    .set({ ...NOT_COMPLETED, status: TRANSITIONS[event].to, runAfter: null, completedAt: now })
    .where(and(isListed(jobs.id, ids), isAllowed(event), isVisibleJob(restriction)))
    .returning(CHANGED_COLUMNS)
    .execute()
}

/**
 * Cancels all pending and running jobs of a file; returns their claims by queue. Deletes the chunks that
 * failed jobs have kept for a retry.
 *
 * @param keepsImporting true leaves the jobs that wait for the import of the file
 */
export async function cancelJobsOfFile(
  db: Database,
  filePath: string,
  keepsImporting: boolean,
  now: number,
): Promise<Map<string, Claim[]>> {
  const cancel = db
    .update(jobs)
    .set({
      ...NOT_COMPLETED,
      status: TRANSITIONS.forceCancel.to,
      runAfter: null,
      completedAt: now,
    })
    .where(
      and(
        eq(jobs.filePath, filePath),
        isAllowed('forceCancel'),
        keepsImporting ? sql`${jobs.stage} IS NOT 'import'` : undefined,
      ),
    )
    .returning({ jobId: jobs.id, fence: jobs.fence, queue: jobs.queue })
  const deleteChunks = statement(
    db,
    sql`
    DELETE FROM jobs WHERE parent_id IN (
      SELECT id FROM jobs WHERE file_path = ${filePath} AND status = 'error')`,
  )
  const [rows] = await db.batch([cancel, deleteChunks])
  const cancelled = new Map<string, Claim[]>()
  for (const { queue, ...ended } of rows) {
    cancelled.set(queue, [...(cancelled.get(queue) ?? []), ended])
  }
  return cancelled
}

/** Condition: the job failed because its file could not be imported. */
const LACKS_FILE = sql`(error_code GLOB 'import_*' AND EXISTS (
  SELECT 1 FROM imports WHERE imports.file_path = jobs.file_path))`

/** Condition: the export of the job failed, and the variant is still the one that the job has made. */
const LACKS_EXPORT = sql`(error_code GLOB 'export_*' AND EXISTS (
  SELECT 1 FROM variants WHERE variants.file_path = jobs.file_path
    AND variants.transformation = jobs.transformation AND variants.job_id = jobs.id))`

/** Returns one value for a job of which only the export is repeated, and another one for others. */
function ifExported(value: unknown, other: unknown) {
  return sql`iif(${LACKS_EXPORT}, ${value}, ${other})`
}

/**
 * Returns failed jobs to the queue and counts their attempts from 0 again. Returns the changed jobs.
 * A job stays as it is if the caller cannot see it, if its status is not `error`, or if its variant
 * has another job that is pending or running. Of several failed jobs of one variant, only the newest
 * is retried.
 */
export function retryJobRows(
  db: Database,
  ids: string[],
  restriction: Restriction,
): Promise<ChangedJob[]> {
  const isRetryable = and(isListed(jobs.id, ids), isAllowed('retry'), isVisibleJob(restriction))
  // A single job is not compared with itself.
  const isNewest =
    ids.length === 1
      ? undefined
      : sql`${jobs.seq} IN (
          SELECT max(seq) FROM jobs WHERE ${isRetryable} GROUP BY file_path, transformation)`
  return db
    .update(jobs)
    .set({
      // The triggers `exports_retried` and `imports_retried` have the export or the import begin again.
      status: ifExported(TRANSITIONS.retryExport.to, TRANSITIONS.retry.to),
      attempt: ifExported(sql`attempt`, 0),
      interruptions: 0,
      progress: ifExported(EXPORTING.progress, 0),
      runAfter: sql`iif(${LACKS_FILE}, ${NO_DUE_TIME}, NULL)`,
      stage: ifExported(EXPORTING.stage, sql`iif(${LACKS_FILE}, 'import', NULL)`),
      chunkCount: ifExported(EXPORTING.chunkCount, null),
      fence: ifExported(EXPORTING.fence, sql`fence`),
      error: null,
      errorCode: null,
      startedAt: ifExported(sql`CAST(unixepoch('subsec') * 1000 AS INTEGER)`, null),
      completedAt: null,
      // A job of a visitor becomes an ordinary one.
      priority: sql`iif(last_requested_at IS NULL, priority, priority - ${PRIORITY.visitor})`,
      lastRequestedAt: null,
    })
    .where(
      and(
        isRetryable,
        isNewest,
        sql`NOT EXISTS (
          SELECT 1 FROM jobs AS other
          WHERE other.file_path = ${jobs.filePath} AND other.transformation = ${jobs.transformation}
            AND other.status IN ${sqlList(ACTIVE_STATUSES)})`,
      ),
    )
    .returning(CHANGED_COLUMNS)
    .execute()
}

/**
 * Changes the priority of those of the jobs that have not ended, and of their chunks. Jobs of
 * visitors become ordinary ones. Returns the changed jobs.
 */
export async function prioritizeJobRows(
  db: Database,
  ids: string[],
  priority: number,
  restriction: Restriction,
): Promise<ChangedJob[]> {
  const isChanged = and(
    isListed(jobs.id, ids),
    sql`status IN ${sqlList(ACTIVE_STATUSES)}`,
    isVisibleJob(restriction),
  )
  const change = db
    .update(jobs)
    .set({ priority, lastRequestedAt: null })
    .where(isChanged)
    .returning(CHANGED_COLUMNS)
  const changeChunks = db
    .update(jobs)
    .set({ priority })
    .where(
      sql`parent_id IN (
        SELECT id FROM jobs WHERE ${isChanged} AND status = 'running' AND chunk_count IS NOT NULL)`,
    )
  return (await db.batch([change, changeChunks]))[0]
}
