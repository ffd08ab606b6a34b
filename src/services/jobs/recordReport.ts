/**
 * Progress reports. The hub of the queue holds the lease and the live progress of a running job in
 * memory, so most reports do not reach the database: only the first one, those with facts about the
 * input or the plan, and the one that makes a package playable.
 */
import type { Report } from '../../contract/runnerProtocol.ts'
import { type Claim, latestLeaseExpiry, reportProgress } from '../../db/leases.ts'
import { countChunks } from '../../db/chunks.ts'
import { findQueueOfJob } from '../../db/jobs.ts'
import type { JobRow } from '../../db/rows.ts'
import { describeError, logError } from '../../log.ts'
import type { HeldLease, Platform } from '../ports.ts'
import { leaseLostError, type LeaseLostError } from './claimChecks.ts'

type JobReport = Omit<Report, 'fence'>

/** Records a report and extends the lease. */
export async function recordReport(
  platform: Platform,
  claim: Claim,
  report: JobReport,
): Promise<{ ok: true; leaseExpiresAt: number } | LeaseLostError> {
  const leaseExpiresAt = await reportToHub(platform, claim, report)
  return leaseExpiresAt === null || leaseExpiresAt === 'unreachable'
    ? storeReport(platform, claim, report, leaseExpiresAt === null)
    : { ok: true, leaseExpiresAt }
}

/**
 * Records a report in the database, and extends the lease.
 *
 * @param isHubReachable false if the hub cannot hold the lease: it then expires by the database
 */
async function storeReport(
  platform: Platform,
  claim: Claim,
  report: JobReport,
  isHubReachable: boolean,
): Promise<{ ok: true; leaseExpiresAt: number } | LeaseLostError> {
  const now = Date.now()
  const row = await reportProgress(platform.db, claim, report, now, isHubReachable)
  if (!row) {
    return leaseLostError()
  }
  rememberQueue(row.id, row.queue)
  const lease = await addChunk(platform, row, toHeldLease(row))
  if (isHubReachable) {
    await platform.hubs
      .holdLease(row.queue, lease)
      .catch((error: unknown) => logUnreachable(row.queue, error))
  }
  // This report made the job playable, so a trigger has written an event to the log.
  if (row.playableAt === now) {
    platform.defer(platform.hubs.notify(row.queue, null))
  }
  const leaseExpiresAt = Math.min(now + row.leaseSeconds * 1_000, lease.latestExpiry)
  return { ok: true, leaseExpiresAt }
}

/** Returns null if the database has to record the report. */
async function reportToHub(
  platform: Platform,
  claim: Claim,
  report: JobReport,
): Promise<number | null | 'unreachable'> {
  if (report.input !== undefined || report.plan !== undefined) {
    return null
  }
  const queue = queuesOfJobs.get(claim.jobId) ?? (await findQueueOfJob(platform.db, claim.jobId))
  if (queue === undefined) {
    return null
  }
  rememberQueue(claim.jobId, queue)
  try {
    return await platform.hubs.report(queue, claim, report)
  } catch (error) {
    logUnreachable(queue, error)
    return 'unreachable'
  }
}

function logUnreachable(queue: string, error: unknown): void {
  logError('hub_unreachable', { queue, error: describeError(error) })
}

export function toHeldLease(row: JobRow): HeldLease {
  return {
    jobId: row.id,
    fence: row.fence,
    filePath: row.chunk?.filePath ?? row.filePath,
    progress: row.progress,
    stage: row.stage,
    etaSeconds: row.etaSeconds,
    fps: row.fps,
    speed: row.speed,
    runnerSecretHash: row.runnerSecretHash,
    leaseSeconds: row.leaseSeconds,
    latestExpiry: latestLeaseExpiry(row),
    isPlayable: row.playableAt !== null,
    isChunk: row.parentId !== null,
  }
}

const MAX_QUEUES_REMEMBERED = 2_000

/**
 * The queues of the jobs that reported to this isolate last. The queue of a job never changes. A
 * report does not name it, and which hub to ask depends on it.
 */
const queuesOfJobs = new Map<string, string>()

/** Remembers the queue of a job that a runner has claimed or reported on. */
export function rememberQueue(jobId: string, queue: string): void {
  if (!queuesOfJobs.has(jobId) && queuesOfJobs.size >= MAX_QUEUES_REMEMBERED) {
    queuesOfJobs.delete(queuesOfJobs.keys().next().value!)
  }
  queuesOfJobs.set(jobId, queue)
}

/** Adds to the lease of a chunk what its hub needs to compute the progress of the job. */
async function addChunk({ db }: Platform, row: JobRow, lease: HeldLease): Promise<HeldLease> {
  const { parentId, chunk } = row
  if (parentId === null || chunk === null) {
    return lease
  }
  const counts = await countChunks(db, parentId)
  return {
    ...lease,
    chunk: {
      jobId: parentId,
      fence: counts.jobFence,
      share: chunk.share,
      completedShare: counts.share,
      completed: counts.completed,
      active: counts.active,
      total: chunk.count,
      jobSeconds: chunk.jobSeconds,
    },
  }
}
