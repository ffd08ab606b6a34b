/**
 * The changes of a job's state. Each is one conditional UPDATE whose guard comes from the state
 * table, so it happens whole or not at all; no row back is a conflict, an ordinary outcome.
 * Everything that follows from a change is the triggers' work.
 */
import { and, eq, lte, sql } from 'drizzle-orm'
import type { FailureCode } from '../contract/failureCode.ts'
import type { MediaFacts } from '../contract/mediaFacts.ts'
import type { Finish } from '../contract/runnerProtocol.ts'
import { UNRESTRICTED, type Restriction } from '../domain/caller.ts'
import { type JobEvent, TRANSITIONS } from '../domain/jobTransitions.ts'
import { type Database, first, statement } from './database.ts'
import { type Claim, found, isHeldByClaim } from './leases.ts'
import { attempts, jobs } from './schema/index.ts'
import { isVisibleJob } from './accessConditions.ts'

function allowed(event: JobEvent) {
  const states = TRANSITIONS[event].from.map((state) => sql.raw(`'${state}'`))
  return sql`${jobs.status} IN (${sql.join(states, sql`, `)})`
}
/** What a job loses when no runner has it any more. */
const UNHELD = {
  leaseExpiresAt: null,
  stage: null,
  etaSeconds: null,
  fps: null,
  speed: null,
} as const
/** And what was of its package when it did not come to its end. */
const UNMADE = { ...UNHELD, playableAt: null, packageKey: null } as const
function noteAttempt(db: Database, claim: Claim, notes: { command: string; stderrTail: string }) {
  return db
    .update(attempts)
    .set({ command: notes.command, stderrTail: notes.stderrTail })
    .where(and(eq(attempts.jobId, claim.jobId), eq(attempts.fence, claim.fence)))
}

export interface Completion {
  outputKey: string
  output: MediaFacts
  finish: Extract<Finish, { outcome: 'completed' | 'packaged' }>
}

/**
 * Completes a job and puts its output in place as the variant, in one transaction. The second
 * statement stands on the first: without a job completed under this fence no variant changes.
 */
export async function completeJob(db: Database, claim: Claim, c: Completion, now: number) {
  const complete = db
    .update(jobs)
    .set({
      ...UNHELD,
      status: TRANSITIONS.complete.to,
      progress: 100,
      completedAt: now,
      output: c.output,
      // A package that was never said to be playable is now.
      playableAt: sql`iif(package_key = ${c.outputKey}, coalesce(playable_at, ${now}), NULL)`,
      timings: c.finish.timings,
      ...found(c.finish),
      error: null,
      errorCode: null,
    })
    .where(and(isHeldByClaim(claim), allowed('complete')))
    .returning()
  const place = statement(
    db,
    sql`
    INSERT INTO variants (file_path, transformation, output_key, job_id, size_bytes, source_etag,
      reference_files, created_at)
    SELECT file_path, transformation, ${c.outputKey}, id, ${c.output.sizeBytes}, source_etag,
      reference_files, ${now}
    FROM jobs
    WHERE id = ${claim.jobId} AND fence = ${claim.fence} AND status = 'completed'
      AND completed_at = ${now}
    ON CONFLICT (file_path, transformation) DO UPDATE SET
      output_key = excluded.output_key, job_id = excluded.job_id, size_bytes = excluded.size_bytes,
      source_etag = excluded.source_etag, reference_files = excluded.reference_files,
      created_at = excluded.created_at`,
  )
  const refer = statement(
    db,
    sql`
    INSERT INTO variant_references (path, file_path, transformation, etag)
    SELECT value ->> 'path', file_path, transformation, value ->> 'etag'
    FROM jobs, json_each(jobs.reference_files)
    WHERE jobs.id = ${claim.jobId} AND fence = ${claim.fence} AND status = 'completed'
      AND completed_at = ${now}
    ON CONFLICT DO UPDATE SET etag = excluded.etag`,
  )
  // An upload that was begun twice has a twin that nobody finishes. Whatever came first, what is
  // in place stays, and what a deleted job put there does too.
  const retireTwins = statement(
    db,
    sql`
    UPDATE outputs SET retired = 1
    WHERE job_id = ${claim.jobId} AND fence = ${claim.fence} AND key NOT IN (
      SELECT output_key FROM variants JOIN jobs USING (file_path, transformation)
      WHERE jobs.id = ${claim.jobId})
    AND EXISTS (SELECT 1 FROM jobs WHERE id = ${claim.jobId})`,
  )
  const note = noteAttempt(db, claim, c.finish)
  return first((await db.batch([complete, place, refer, retireTwins, note]))[0])
}

export interface Failure {
  errorCode: FailureCode
  message: string
  /** When to try again (ms since the epoch), or null when it failed for good. */
  retryAt: number | null
  notes?: Omit<Extract<Finish, { outcome: 'failed' }>, 'outcome' | 'fence'>
  /** Only if its lease had run out by then (ms): a report may have come in between. */
  leaseExpiredBy?: number
}

/** Ends an attempt that failed: for good, or to be tried again at `retryAt`. */
export async function failJob(db: Database, claim: Claim, failure: Failure, now: number) {
  const event = failure.retryAt === null ? 'fail' : 'backOff'
  const fail = db
    .update(jobs)
    .set({
      ...UNMADE,
      status: TRANSITIONS[event].to,
      runAfter: failure.retryAt,
      completedAt: failure.retryAt === null ? now : null,
      error: failure.message,
      errorCode: failure.errorCode,
      ...(failure.notes && { ...found(failure.notes), timings: failure.notes.timings }),
    })
    .where(
      and(
        isHeldByClaim(claim),
        allowed(event),
        failure.leaseExpiredBy === undefined
          ? undefined
          : lte(jobs.leaseExpiresAt, failure.leaseExpiredBy),
      ),
    )
    .returning()
  if (!failure.notes) {
    return first(await fail)
  }
  return first((await db.batch([fail, noteAttempt(db, claim, failure.notes)]))[0])
}

/** Puts an interrupted job back where its age has it, with the attempt not counted. */
export function releaseJob(db: Database, claim: Claim) {
  return db
    .update(jobs)
    .set({
      ...UNMADE,
      status: TRANSITIONS.release.to,
      attempt: sql`attempt - 1`,
      progress: 0,
      startedAt: null,
    })
    .where(and(isHeldByClaim(claim), allowed('release')))
    .returning()
    .then(first)
}

/** Cancels a waiting job, with `force` a running one too. */
export function cancelJob(
  db: Database,
  id: string,
  force: boolean,
  now: number,
  within: Restriction = UNRESTRICTED,
) {
  const event = force ? 'forceCancel' : 'cancel'
  return db
    .update(jobs)
    .set({ ...UNMADE, status: TRANSITIONS[event].to, runAfter: null, completedAt: now })
    .where(and(eq(jobs.id, id), allowed(event), isVisibleJob(within)))
    .returning()
    .then(first)
}

/** Cancels all jobs of a file that wait or run; gives back the queues that they were in. */
export async function cancelJobsOf(db: Database, filePath: string, now: number) {
  const rows = await db
    .update(jobs)
    .set({ ...UNHELD, status: TRANSITIONS.forceCancel.to, runAfter: null, completedAt: now })
    .where(and(eq(jobs.filePath, filePath), allowed('forceCancel')))
    .returning({ queue: jobs.queue })
  return new Set(rows.map(({ queue }) => queue))
}

/**
 * Queues a failed job again with a fresh set of attempts. Undefined when it is not in `error`, or
 * when its variant has another job at work already.
 */
export function retryJob(db: Database, id: string, within: Restriction = UNRESTRICTED) {
  return db
    .update(jobs)
    .set({
      status: TRANSITIONS.retry.to,
      attempt: 0,
      progress: 0,
      runAfter: null,
      error: null,
      errorCode: null,
      startedAt: null,
      completedAt: null,
    })
    .where(
      and(
        eq(jobs.id, id),
        allowed('retry'),
        isVisibleJob(within),
        sql`NOT EXISTS (
          SELECT 1 FROM jobs AS other
          WHERE other.file_path = ${jobs.filePath} AND other.transformation = ${jobs.transformation}
            AND other.status IN ('pending', 'running'))`,
      ),
    )
    .returning()
    .then(first)
}
