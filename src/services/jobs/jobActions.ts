/** What a caller does by hand to a job that it can see: retry, cancel, delete. */
import { cancelJob, retryJob } from '../../db/jobTransitions.ts'
import { deleteJobRow, findJob } from '../../db/jobs.ts'
import type { Restriction } from '../../domain/caller.ts'
import { collectGarbage } from '../maintenance/garbageCollector.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { recheckTime } from '../queues/queues.ts'

type Outcome<Code extends ErrorResult['code']> = Promise<{ ok: true } | ErrorResult<Code>>

function unknown(id: string) {
  return `There is no job ${id}.`
}

/** Queues a failed job again, with a fresh set of attempts. */
export async function retry(
  platform: Platform,
  within: Restriction,
  id: string,
): Outcome<'job_not_retryable'> {
  const row = await retryJob(platform.db, id, within)
  if (row) {
    platform.defer(platform.sendTickets(row.queue, 1))
    platform.defer(platform.hubs.poke(row.queue, recheckTime()))
    return { ok: true }
  }
  const job = await findJob(platform.db, id, within)
  if (!job) {
    return errorResult('job_not_retryable', unknown(id))
  }
  return errorResult(
    'job_not_retryable',
    job.status === 'error'
      ? 'Its variant has another job that is pending or running; wait for that one or cancel it.'
      : `Only a job in status error can be retried; this one is ${job.status}.`,
  )
}

/** Cancels a waiting job; with `force` a running one too, whose runner then drops its work. */
export async function cancel(
  platform: Platform,
  within: Restriction,
  id: string,
  force: boolean,
): Outcome<'job_not_cancellable'> {
  const row = await cancelJob(platform.db, id, force, Date.now(), within)
  if (row) {
    platform.defer(afterStop(platform, row.queue))
    return { ok: true }
  }
  const job = await findJob(platform.db, id, within)
  if (!job) {
    return errorResult('job_not_cancellable', unknown(id))
  }
  return errorResult(
    'job_not_cancellable',
    job.status === 'running'
      ? 'This job is running. To stop it all the same, send {"force": true}.'
      : `Only a pending job can be cancelled; this one is ${job.status}.`,
  )
}

/** Removes a job for good. If it was running, its runner is refused from then on. */
export async function remove(
  platform: Platform,
  within: Restriction,
  id: string,
): Outcome<'job_not_deletable'> {
  const row = await deleteJobRow(platform.db, id, within)
  if (!row) {
    return errorResult('job_not_deletable', unknown(id))
  }
  platform.defer(afterStop(platform, row.queue))
  return { ok: true }
}

/** What a stopped attempt had half written goes at once, and its slot may be another job's. */
async function afterStop(platform: Platform, queue: string) {
  await Promise.all([platform.hubs.poke(queue, recheckTime()), collectGarbage(platform)])
}
