/**
 * Statements that claim jobs, and statements on jobs that runners hold. A statement for a request
 * about one job compares the fence, so that a runner that lost its lease changes nothing.
 */
import { and, eq, lt, not, type SQL, sql } from 'drizzle-orm'
import type { Report } from '../contract/runnerProtocol.ts'
import type { RunnerCapabilities } from '../domain/runnerRequirements.ts'
import { TRANSITIONS } from '../domain/jobTransitions.ts'
import { type Database, first, isListed, statement } from './database.ts'
import { releaseDueRetriesStatement } from './queues.ts'
import {
  type ChunkClaim,
  countOtherChunkRunners,
  isRunningAnywhere,
  nextClaimableJob,
} from './claimQuery.ts'
import type { JobRow } from './rows.ts'
import { jobs } from './schema/index.ts'

/** The claim that a request refers to. */
export interface Claim {
  jobId: string
  fence: number
  /** Hash of the runner's secret; null if it sent none, undefined if the service itself acts. */
  runnerSecretHash?: string | null
}

export interface RunnerIdentity {
  id: string
  /** SHA-256 of its secret; null if it sent none. */
  secretHash: string | null
}

/**
 * Condition: the claim is the latest of its job. For requests of a runner, its secret also has to
 * be that of the claim.
 */
export function isHeldByClaim({ jobId, fence, runnerSecretHash }: Claim) {
  return and(
    eq(jobs.id, jobId),
    eq(jobs.fence, fence),
    runnerSecretHash === undefined ? undefined : sql`runner_secret_hash IS ${runnerSecretHash}`,
  )
}

/** Checks the condition of {@link isHeldByClaim} on a row that was read before. */
export function isHeldBy(
  row: Pick<JobRow, 'fence' | 'runnerSecretHash'>,
  { fence, runnerSecretHash }: Claim,
) {
  return (
    row.fence === fence &&
    (runnerSecretHash === undefined || row.runnerSecretHash === runnerSecretHash)
  )
}

/** Condition: the claim is the latest of its job, and the job is running. */
export function isRunning(claim: Claim) {
  return and(isHeldByClaim(claim), sql`status = 'running'`)
}

/**
 * A runner ends an attempt at its timeout. If it does not, the lease expires at the latest this
 * long after the timeout.
 */
const TIMEOUT_GRACE_MS = 10_000

/** The time to which a lease is extended at most: `TIMEOUT_GRACE_MS` after the job's timeout. */
export const LATEST_EXPIRY = latestExpiry(sql`started_at`)

function latestExpiry(startedAt: SQL) {
  return sql`${startedAt} + timeout_seconds * 1000 + ${sql.raw(String(TIMEOUT_GRACE_MS))}`
}

/** Returns the time to which the lease of a running job is extended at most. */
export function latestLeaseExpiry({
  startedAt,
  timeoutSeconds,
}: Pick<JobRow, 'startedAt' | 'timeoutSeconds'>): number {
  return (startedAt ?? 0) + timeoutSeconds * 1_000 + TIMEOUT_GRACE_MS
}

/** Expiry of a lease that begins or is extended at `now`: after `lease_seconds`. */
export function leaseExpiry(now: number, startedAt: SQL) {
  return sql`min(${now} + lease_seconds * 1000, ${latestExpiry(startedAt)})`
}

/** Columns for a runner's report of the input and plan; what it does not report is unchanged. */
export function reportedFacts({ input, plan }: Pick<Report, 'input' | 'plan'>) {
  return {
    ...(input && { input }),
    ...(plan && { plan }),
  }
}

/**
 * Claims the next job of the queue that a runner with these capabilities can run, by priority and
 * then by age. Due retries are released first. Returns undefined if no such job is ready or the
 * `concurrency` of the queue is reached, which limits the jobs and the runners of chunks. A paused queue
 * has only chunks that can be claimed.
 *
 * @param options.maxPriority jobs whose `priority` is a larger number are ignored; if null, none are
 */
export async function claimNextJob(
  db: Database,
  queue: string,
  runner: RunnerIdentity,
  now: number,
  capabilities: RunnerCapabilities = {},
  {
    maxPriority = null,
    takesChunks = false,
    prefersJobs = false,
    anotherChunkOf,
  }: Partial<Pick<ChunkClaim, 'takesChunks' | 'prefersJobs' | 'anotherChunkOf'>> & {
    maxPriority?: number | null
  } = {},
): Promise<JobRow | undefined> {
  const chunks = { takesChunks, prefersJobs, anotherChunkOf, runnerId: runner.id, now }
  const releaseRetries = statement(db, releaseDueRetriesStatement(queue, now))
  const claim = db
    .update(jobs)
    .set({
      status: TRANSITIONS.claim.to,
      fence: sql`fence + 1`,
      attempt: sql`attempt + 1`,
      runnerId: runner.id,
      runnerSecretHash: runner.secretHash,
      startedAt: now,
      leaseExpiresAt: leaseExpiry(now, sql`${now}`),
      progress: 0,
      playableAt: null,
      packageKey: null,
      // The error of the previous attempt is kept in `attempts`.
      error: null,
      errorCode: null,
    })
    .where(
      sql`seq = (${nextClaimableJob(queue, capabilities, maxPriority, chunks)})
      AND EXISTS (
        SELECT 1 FROM queues
        WHERE name = ${queue} AND (running - split + running_chunks < concurrency
          OR running - split + ${countOtherChunkRunners(queue, runner.id)} < concurrency))`,
    )
    .returning()
  return first((await db.batch([releaseRetries, claim]))[1])
}

/**
 * Returns a job that the runner claimed and has not reported on, in any queue, and restarts its
 * lease. For claims that are repeated after a lost response. Returns undefined if there is no such
 * job.
 *
 * @param heldJobs ids of jobs that the runner has received, which are left out
 */
export function reissueClaim(
  db: Database,
  runner: RunnerIdentity,
  now: number,
  heldJobs: string[] = [],
): Promise<JobRow | undefined> {
  return db
    .update(jobs)
    .set({ leaseExpiresAt: leaseExpiry(now, sql`started_at`) })
    .where(
      and(
        isRunningAnywhere,
        sql`stage IS NULL`,
        eq(jobs.runnerId, runner.id),
        sql`runner_secret_hash IS ${runner.secretHash}`,
        heldJobs.length === 0 ? undefined : not(isListed(jobs.id, heldJobs)),
      ),
    )
    .returning()
    .then(first)
}

/**
 * Records a progress report and extends the lease. A report with less progress than the recorded
 * one arrived late: its progress, stage, remaining time, frame rate and speed are ignored.
 *
 * @param isHeld true if the hub of the queue holds the lease from now on. The column then has the
 *   latest possible expiry, and the hub, which all reports reach, sets it when the lease expires
 */
export function reportProgress(
  db: Database,
  claim: Claim,
  report: Omit<Report, 'fence'>,
  now: number,
  isHeld: boolean,
): Promise<JobRow | undefined> {
  const ifNewest = <T>(value: T, column: SQL) =>
    sql`iif(${report.progress} >= progress, ${value}, ${column})`
  return db
    .update(jobs)
    .set({
      progress: sql`max(progress, ${report.progress})`,
      stage: ifNewest(report.stage, sql`stage`),
      etaSeconds: ifNewest(report.etaSeconds, sql`eta_seconds`),
      fps: ifNewest(report.fps, sql`fps`),
      speed: ifNewest(report.speed, sql`speed`),
      // Only a package can be playable before the job ends. `package_key` is set before the first
      // file of a package is stored.
      ...(report.playable && {
        playableAt: sql`iif(package_key IS NULL, NULL, coalesce(playable_at, ${now}))`,
      }),
      leaseExpiresAt: isHeld ? LATEST_EXPIRY : leaseExpiry(now, sql`started_at`),
      ...reportedFacts(report),
    })
    .where(isRunning(claim))
    .returning()
    .then(first)
}

/**
 * Extends the leases of a queue that expire before `until`: to `until`, but at most to
 * `TIMEOUT_GRACE_MS` after the timeout of the job. A job that is past this limit at `now` keeps its
 * lease as it is.
 */
export async function extendLeases(
  db: Database,
  queue: string,
  now: number,
  until: number,
): Promise<void> {
  await db
    .update(jobs)
    .set({ leaseExpiresAt: sql`min(${until}, ${LATEST_EXPIRY})` })
    .where(
      and(
        eq(jobs.queue, queue),
        sql`status = 'running'`,
        lt(jobs.leaseExpiresAt, until),
        sql`${LATEST_EXPIRY} > ${now}`,
      ),
    )
}

type JobFiles = Pick<JobRow, 'sourceEtag' | 'sourceBytes' | 'sizeClass' | 'referenceFiles'>

/**
 * Records the files that the attempt reads. They can have been replaced since the job was created.
 */
export function updateJobFiles(
  db: Database,
  claim: Claim,
  files: JobFiles,
): Promise<JobRow | undefined> {
  return db.update(jobs).set(files).where(isRunning(claim)).returning().then(first)
}
