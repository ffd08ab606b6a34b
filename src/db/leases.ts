/**
 * A job in a runner's hands: the claim, and what may be said under it. Every statement but the claim
 * names the fence, so what comes from a runner that has lost its lease changes nothing.
 */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Report } from '../contract/runnerProtocol.ts'
import type { RunnerCapabilities } from '../domain/runnerRequirements.ts'
import { TRANSITIONS } from '../domain/jobTransitions.ts'
import { type Database, first, statement } from './database.ts'
import { releaseDueStatement } from './queues.ts'
import { nextReadyJob } from './claimQuery.ts'
import type { JobRow } from './rows.ts'
import { jobs } from './schema/index.ts'

/** One holder's claim of one job. */
export interface Claim {
  jobId: string
  fence: number
  /** Of the secret that a runner has shown, null for none. Not given: it is the service that speaks. */
  runnerSecretHash?: string | null
}

/** A runner: what it calls itself, and the hash of what it has to show for it. */
export interface Holder {
  id: string
  hash: string | null
}

export function isHeldByClaim({ jobId, fence, runnerSecretHash }: Claim) {
  return and(
    eq(jobs.id, jobId),
    eq(jobs.fence, fence),
    runnerSecretHash === undefined ? undefined : sql`runner_secret_hash IS ${runnerSecretHash}`,
  )
}
/** The same of a row that was read. */
export function isHeldBy(row: JobRow, { fence, runnerSecretHash }: Claim) {
  return (
    row.fence === fence &&
    (runnerSecretHash === undefined || row.runnerSecretHash === runnerSecretHash)
  )
}
/** A runner ends an overlong attempt itself; one that does not loses its lease this much later. */
const TIMEOUT_GRACE_MS = 10_000
/** When a lease that is extended now runs out: no later than its job may take. */
function leaseUntil(now: number, startedAt: SQL) {
  return sql`min(
  ${now} + lease_seconds * 1000,
  ${startedAt} + timeout_seconds * 1000 + ${TIMEOUT_GRACE_MS})`
}
/** What a runner has found out so far; what it does not tell of stays. */
export function found({ input, plan }: Pick<Report, 'input' | 'plan'>) {
  return {
    ...(input && { input }),
    ...(plan && { plan }),
  }
}

/**
 * Takes the queue's next job that fits, by priority and then by age, for `runner`: undefined when
 * nothing is due, the queue is paused, or its `concurrency` is reached. Retries that fell due join first.
 */
export async function claimNextJob(
  db: Database,
  queue: string,
  runner: Holder,
  now: number,
  fit: RunnerCapabilities = {},
): Promise<JobRow | undefined> {
  const due = statement(db, releaseDueStatement(queue, now))
  const claim = db
    .update(jobs)
    .set({
      status: TRANSITIONS.claim.to,
      fence: sql`fence + 1`,
      attempt: sql`attempt + 1`,
      runnerId: runner.id,
      runnerSecretHash: runner.hash,
      startedAt: now,
      leaseExpiresAt: leaseUntil(now, sql`${now}`),
      progress: 0,
      playableAt: null,
      packageKey: null,
      completedAt: null,
      // Those of the attempt before are in its own record.
      error: null,
      errorCode: null,
    })
    .where(
      sql`seq = (${nextReadyJob(queue, fit)})
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
export function repeatClaim(db: Database, queue: string, runner: Holder, now: number) {
  return db
    .update(jobs)
    .set({ leaseExpiresAt: leaseUntil(now, sql`started_at`) })
    .where(
      and(
        eq(jobs.queue, queue),
        sql`status = 'running' AND stage IS NULL`,
        eq(jobs.runnerId, runner.id),
        sql`runner_secret_hash IS ${runner.hash}`,
      ),
    )
    .returning()
    .then(first)
}

/**
 * Records progress, and extends the lease by its full length. Progress never goes backwards: a report
 * that tells of less was overtaken on its way.
 */
export function reportProgress(
  db: Database,
  claim: Claim,
  report: Omit<Report, 'fence'>,
  now: number,
) {
  const unlessLate = <T>(said: T, column: SQL) =>
    sql`iif(${report.progress} >= progress, ${said}, ${column})`
  return db
    .update(jobs)
    .set({
      progress: sql`max(progress, ${report.progress})`,
      stage: unlessLate(report.stage, sql`stage`),
      etaSeconds: unlessLate(report.etaSeconds, sql`eta_seconds`),
      fps: unlessLate(report.fps, sql`fps`),
      speed: unlessLate(report.speed, sql`speed`),
      // Only a package can be played before its end, and it is there once a file of it is.
      ...(report.playable && {
        playableAt: sql`iif(package_key IS NULL, NULL, coalesce(playable_at, ${now}))`,
      }),
      leaseExpiresAt: leaseUntil(now, sql`started_at`),
      ...found(report),
    })
    .where(and(isHeldByClaim(claim), sql`status = 'running'`))
    .returning()
    .then(first)
}

/** Files as an attempt reads them, where these are others than at the job's creation. */
type Files = Pick<JobRow, 'sourceEtag' | 'sourceBytes' | 'sizeClass' | 'referenceFiles'>

export function updateJobFiles(db: Database, claim: Claim, files: Files) {
  return db
    .update(jobs)
    .set(files)
    .where(and(isHeldByClaim(claim), sql`status = 'running'`))
    .returning()
    .then(first)
}

/** Notes under which key an attempt stores its package, with the output row, once. */
export async function recordPackage(db: Database, claim: Claim, key: string, now: number) {
  const note = statement(
    db,
    sql`
    INSERT INTO outputs (key, job_id, fence, created_at)
    SELECT ${key}, id, fence, ${now} FROM jobs
    WHERE id = ${claim.jobId} AND fence = ${claim.fence} AND status = 'running'
    ON CONFLICT DO NOTHING`,
  )
  const put = db
    .update(jobs)
    .set({ packageKey: key })
    .where(and(isHeldByClaim(claim), sql`status = 'running'`))
    .returning()
  return first((await db.batch([note, put]))[1])
}
