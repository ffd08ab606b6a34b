/**
 * Changes of a job's status at the end of an attempt that has not completed it (`completeJob.ts`), and what all
 * changes of status share. Each is a conditional UPDATE whose guard comes from the transition table. It returns no
 * row if the job does not exist or the change is not allowed, which are expected outcomes. Database triggers update
 * counters, events, attempts and retired outputs. Claims are in `leases.ts`.
 */
import { and, eq, lt, lte, type SQL, sql } from 'drizzle-orm'
import type { FailureCode } from '../contract/failureCode.ts'
import type { Finish } from '../contract/runnerProtocol.ts'
import { type JobEvent, TRANSITIONS } from '../domain/jobTransitions.ts'
import { MAX_INTERRUPTIONS } from '../domain/retryPolicy.ts'
import { type Database, first, sqlList } from './database.ts'
import { type Claim, isHeldByClaim, reportedFacts } from './leases.ts'
import { endedAttempts, jobs } from './schema/index.ts'

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
