/** The watchdog's round over one queue: what has run out, what has fallen due, what comes next. */
import {
  findNextDeadline,
  findQueue,
  hasReadyJob,
  listExpiredLeases,
  releaseDueRetries,
} from '../../db/queues.ts'
import { failAttempt } from '../jobs/finishAttempt.ts'
import { collectGarbage } from './garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { countStartableJobs, nextCheckTime } from '../queues/queues.ts'
import type { JobRow } from '../../db/rows.ts'

/** A lease ends with the time of its job at the latest, however often it is extended. */
function hasOverrun(job: JobRow, now: number) {
  return now >= (job.startedAt ?? now) + job.timeoutSeconds * 1000
}

/**
 * Ends attempts whose lease ran out, lets due retries be claimed, removes retired outputs, and
 * gives back when to look again (ms since the epoch) or null when there is nothing to wait for.
 */
export async function runWatchdog(platform: Platform, queue: string): Promise<number | null> {
  const now = Date.now()
  for (const job of await listExpiredLeases(platform.db, queue, now)) {
    await failAttempt(
      platform,
      job,
      hasOverrun(job, now)
        ? {
            errorCode: 'timeout',
            message: `The job took longer than its ${job.timeoutSeconds} s.`,
          }
        : {
            errorCode: 'runner_lost',
            message: `The runner ${job.runnerId} was not heard of for ${job.leaseSeconds} s.`,
          },
      { leaseExpiredBy: now },
    )
  }
  await releaseDueRetries(platform.db, queue, now)
  // Beside the rest: a bucket that is down stops no watchdog.
  platform.defer(collectGarbage(platform))
  // Wake-ups may be lost, so they are sent again for as long as a job waits and could run.
  const ready = await hasReadyJob(platform.db, queue)
  const row = ready ? await findQueue(platform.db, queue) : undefined
  if (row) {
    await platform.sendTickets(queue, countStartableJobs(row))
  }
  const deadlines = [row && nextCheckTime(row), await findNextDeadline(platform.db, queue)]
  const next = Math.min(...deadlines.map((deadline) => deadline ?? Infinity))
  return next === Infinity ? null : next
}
