/**
 * The changes of a job's state. Each is one conditional UPDATE whose guard comes from the state
 * table, so it happens whole or not at all; no row back is a conflict, an ordinary outcome.
 * Everything that follows from a change is the triggers' work.
 */
import { and, eq, lte, type SQL, sql } from 'drizzle-orm'
import type { FailureCode } from '../contract/failure.ts'
import type { MediaFacts } from '../contract/media.ts'
import type { Finish, Report } from '../contract/runner.ts'
import { EVERYTHING, type Restriction } from '../domain/access.ts'
import type { Fit } from '../domain/fit.ts'
import { type JobEvent, TRANSITIONS } from '../domain/jobState.ts'
import { type Database, statement } from './database.ts'
import type { JobRow } from './jobRows.ts'
import { dueStatement } from './queueRows.ts'
import { readyFor } from './readyRows.ts'
import { attempts, jobs } from './schema.ts'
import { jobsWithin } from './within.ts'

/** One holder's claim of one job. */
export interface Claim {
  jobId: string
  fence: number
}

const allowed = (event: JobEvent) => {
  const states = TRANSITIONS[event].from.map((state) => sql.raw(`'${state}'`))
  return sql`${jobs.status} IN (${sql.join(states, sql`, `)})`
}
/** A runner ends an overlong attempt itself; one that does not loses its lease this much later. */
const TIMEOUT_GRACE_MS = 10_000
/** When a lease that is extended now runs out: no later than its job may take. */
const leaseUntil = (now: number, startedAt: SQL) => sql`min(
  ${now} + lease_seconds * 1000,
  ${startedAt} + timeout_seconds * 1000 + ${TIMEOUT_GRACE_MS})`
const heldBy = (claim: Claim) => and(eq(jobs.id, claim.jobId), eq(jobs.fence, claim.fence))
/** What a job loses when no runner has it any more. */
const UNHELD = { leaseExpiresAt: null, stage: null, etaSeconds: null } as const
const found = ({ input, plan }: Pick<Report, 'input' | 'plan'>) => ({
  ...(input && { input }),
  ...(plan && { plan }),
})
const first = <T>(rows: T[]): T | undefined => rows[0]

/**
 * Takes the queue's next job that fits, by priority and then by age, for `runner`: undefined when
 * nothing is due, the queue is paused, or its `concurrency` is reached. Retries that fell due join first.
 */
export async function claimNextJob(
  db: Database,
  queue: string,
  runner: string,
  now: number,
  fit: Fit = {},
): Promise<JobRow | undefined> {
  const due = statement(db, dueStatement(queue, now))
  const claim = db
    .update(jobs)
    .set({
      status: TRANSITIONS.claim.to,
      fence: sql`fence + 1`,
      attempt: sql`attempt + 1`,
      runner,
      startedAt: now,
      leaseExpiresAt: leaseUntil(now, sql`${now}`),
      progress: 0,
      completedAt: null,
      // Those of the attempt before are in its own record.
      error: null,
      errorCode: null,
    })
    .where(
      sql`seq = (${readyFor(queue, fit)} LIMIT 1)
      AND EXISTS (
        SELECT 1 FROM queues
        WHERE name = ${queue} AND NOT paused AND running < concurrency)`,
    )
    .returning()
  return first((await db.batch([due, claim]))[1])
}

/**
 * The job that `runner` was given and has said nothing of, because the answer to its claim was lost;
 * undefined when there is none. Its lease begins anew.
 */
export function takeAgain(db: Database, queue: string, runner: string, now: number) {
  return db
    .update(jobs)
    .set({ leaseExpiresAt: leaseUntil(now, sql`started_at`) })
    .where(
      and(
        eq(jobs.queue, queue),
        sql`status = 'running' AND stage IS NULL`,
        eq(jobs.runner, runner),
      ),
    )
    .returning()
    .then(first)
}

/**
 * Records progress, and extends the lease by its full length. Progress never goes backwards: a report
 * that tells of less was overtaken on its way.
 */
export function reportProgress(db: Database, claim: Claim, report: Report, now: number) {
  const unlessLate = <T>(said: T, column: SQL) =>
    sql`iif(${report.progress} >= progress, ${said}, ${column})`
  return db
    .update(jobs)
    .set({
      progress: sql`max(progress, ${report.progress})`,
      stage: unlessLate(report.stage, sql`stage`),
      etaSeconds: unlessLate(report.etaSeconds, sql`eta_seconds`),
      leaseExpiresAt: leaseUntil(now, sql`started_at`),
      ...found(report),
    })
    .where(and(heldBy(claim), sql`status = 'running'`))
    .returning()
    .then(first)
}

/** Notes the original that an attempt reads, when it is another than at the job's creation. */
export function noteSource(
  db: Database,
  claim: Claim,
  source: { etag: string; sizeBytes: number },
) {
  return db
    .update(jobs)
    .set({ sourceEtag: source.etag, sourceBytes: source.sizeBytes })
    .where(and(heldBy(claim), sql`status = 'running'`))
    .returning()
    .then(first)
}

const noteAttempt = (db: Database, claim: Claim, notes: { command: string; stderrTail: string }) =>
  db
    .update(attempts)
    .set({ command: notes.command, stderrTail: notes.stderrTail })
    .where(and(eq(attempts.jobId, claim.jobId), eq(attempts.fence, claim.fence)))

export interface Completion {
  outputKey: string
  output: MediaFacts
  finish: Extract<Finish, { outcome: 'completed' }>
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
      timings: c.finish.timings,
      ...found(c.finish),
      error: null,
      errorCode: null,
    })
    .where(and(heldBy(claim), allowed('complete')))
    .returning()
  const place = statement(
    db,
    sql`
    INSERT INTO variants (file_path, variant, output_key, job_id, size_bytes, source_etag, created_at)
    SELECT file_path, variant, ${c.outputKey}, id, ${c.output.sizeBytes}, source_etag, ${now}
    FROM jobs
    WHERE id = ${claim.jobId} AND fence = ${claim.fence} AND status = 'completed'
      AND completed_at = ${now}
    ON CONFLICT (file_path, variant) DO UPDATE SET
      output_key = excluded.output_key, job_id = excluded.job_id, size_bytes = excluded.size_bytes,
      source_etag = excluded.source_etag, created_at = excluded.created_at`,
  )
  // An upload that was begun twice has a twin that nobody finishes. Whatever came first, what is
  // in place stays, and what a deleted job put there does too.
  const retireTwins = statement(
    db,
    sql`
    UPDATE outputs SET retired = 1
    WHERE job_id = ${claim.jobId} AND fence = ${claim.fence} AND key NOT IN (
      SELECT output_key FROM variants JOIN jobs USING (file_path, variant)
      WHERE jobs.id = ${claim.jobId})
    AND EXISTS (SELECT 1 FROM jobs WHERE id = ${claim.jobId})`,
  )
  const note = noteAttempt(db, claim, c.finish)
  return first((await db.batch([complete, place, retireTwins, note]))[0])
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
      ...UNHELD,
      status: TRANSITIONS[event].to,
      runAfter: failure.retryAt,
      completedAt: failure.retryAt === null ? now : null,
      error: failure.message,
      errorCode: failure.errorCode,
      ...(failure.notes && { ...found(failure.notes), timings: failure.notes.timings }),
    })
    .where(
      and(
        heldBy(claim),
        allowed(event),
        failure.leaseExpiredBy === undefined
          ? undefined
          : lte(jobs.leaseExpiresAt, failure.leaseExpiredBy),
      ),
    )
    .returning()
  if (!failure.notes) return first(await fail)
  return first((await db.batch([fail, noteAttempt(db, claim, failure.notes)]))[0])
}

/** Puts an interrupted job back where its age has it, with the attempt not counted. */
export function releaseJob(db: Database, claim: Claim) {
  return db
    .update(jobs)
    .set({
      ...UNHELD,
      status: TRANSITIONS.release.to,
      attempt: sql`attempt - 1`,
      progress: 0,
      startedAt: null,
    })
    .where(and(heldBy(claim), allowed('release')))
    .returning()
    .then(first)
}

/** Cancels a waiting job, with `force` a running one too. */
export function cancelJob(
  db: Database,
  id: string,
  force: boolean,
  now: number,
  within: Restriction = EVERYTHING,
) {
  const event = force ? 'forceCancel' : 'cancel'
  return db
    .update(jobs)
    .set({ ...UNHELD, status: TRANSITIONS[event].to, runAfter: null, completedAt: now })
    .where(and(eq(jobs.id, id), allowed(event), jobsWithin(within)))
    .returning()
    .then(first)
}

/**
 * Queues a failed job again with a fresh set of attempts. Undefined when it is not in `error`, or
 * when its variant has another job at work already.
 */
export function retryJob(db: Database, id: string, within: Restriction = EVERYTHING) {
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
        jobsWithin(within),
        sql`NOT EXISTS (
          SELECT 1 FROM jobs AS other
          WHERE other.file_path = ${jobs.filePath} AND other.variant = ${jobs.variant}
            AND other.status IN ('pending', 'running'))`,
      ),
    )
    .returning()
    .then(first)
}
