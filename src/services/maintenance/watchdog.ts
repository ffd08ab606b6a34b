/** The watchdog: ends attempts whose lease has expired, and releases retries that are due. */
import {
  findNextDeadline,
  findQueue,
  hasReadyJob,
  listExpiredLeases,
  releaseDueRetries,
} from '../../db/queues.ts'
import { releaseHeldLeases } from '../../db/heldLeases.ts'
import { extendLeases } from '../../db/leases.ts'
import { failAttempt } from '../jobs/endAttempt.ts'
import { collectGarbage } from './garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { countStartableJobs, nextCheckTime } from '../queues/queues.ts'
import type { JobRow } from '../../db/rows.ts'

/**
 * Time for which leases are extended after the watchdog could not run. It is enough for a report of
 * each runner that is alive: a runner reports about once a second, and waits up to 5 s for a
 * response.
 */
export const RECOVERY_MS = 10_000

/**
 * Runs one round for a queue. Returns when the next round is due (ms since the epoch), or null if
 * the queue has no lease, no delayed retry and no job that could start.
 *
 * @param wasUnreachable true if the watchdog could not run when it was due. Reports may not have
 *   arrived either, so leases that have expired or soon expire are extended to RECOVERY_MS from now
 */
export async function runWatchdog(
  platform: Platform,
  queue: string,
  wasUnreachable = false,
): Promise<number | null> {
  const { db } = platform
  const now = Date.now()
  if (wasUnreachable) {
    await extendLeases(db, queue, now, now + RECOVERY_MS)
  }
  const expired = await listExpiredLeases(db, queue, now)
  for (const job of expired) {
    const options = { leaseExpiredBy: now, collectsGarbage: false }
    await failAttempt(platform, job, expiryFailure(job, now), options)
  }
  if (expired.length > 0) {
    platform.defer(collectGarbage(platform))
  }
  await releaseDueRetries(db, queue, now)
  // Wake-ups can be lost, so they are repeated as long as a pending job could start.
  const row = (await hasReadyJob(db, queue)) ? await findQueue(db, queue) : undefined
  if (row) {
    await platform.sendTickets(queue, countStartableJobs(row))
  }
  const deadlines = [row && nextCheckTime(row), await findNextDeadline(db, queue)]
  const next = Math.min(...deadlines.map((deadline) => deadline ?? Infinity))
  return next === Infinity ? null : next
}

/**
 * Runs one round for a queue whose hub does not answer. The leases that the hub held begin anew:
 * runners that are alive extend them in the database, because the hub does not take their reports.
 */
export async function runWatchdogWithoutHub(platform: Platform, queue: string): Promise<void> {
  await releaseHeldLeases(platform.db, queue, Date.now())
  await runWatchdog(platform, queue)
}

/**
 * Returns a `timeout` failure if the attempt has exceeded the job's timeout, else `runner_lost`.
 */
function expiryFailure(job: JobRow, now: number) {
  const isTimeout = now >= (job.startedAt ?? now) + job.timeoutSeconds * 1000
  return isTimeout
    ? {
        errorCode: 'timeout' as const,
        message: `The attempt took longer than the job's timeoutSeconds (${job.timeoutSeconds} s).`,
      }
    : {
        errorCode: 'runner_lost' as const,
        message: `The runner ${job.runnerId} sent no report for ${job.leaseSeconds} s.`,
      }
}
