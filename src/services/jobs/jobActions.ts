/** Actions of a caller on one job that it can see: retry, cancel, delete. */
import { shorten } from '../../contract/quote.ts'
import { cancelJobRow, retryJobRow } from '../../db/jobTransitions.ts'
import { deleteJobRow, findJob } from '../../db/jobs.ts'
import type { JobRow } from '../../db/rows.ts'
import type { Restriction } from '../../domain/caller.ts'
import { ACTIVE_STATUSES, isActive, nextStatus, TRANSITIONS } from '../../domain/jobTransitions.ts'
import { collectGarbage } from '../maintenance/garbageCollector.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { recheckTime } from '../queues/queues.ts'
import { forgetHeldJobs } from './heldJobs.ts'

type Outcome<Code extends ErrorResult['code']> = Promise<{ ok: true } | ErrorResult<Code>>

function notFoundMessage(id: string) {
  return `There is no job ${shorten(id)}.`
}

/** Returns a failed job to the queue, and counts its attempts from 0 again. */
export async function retryJob(
  platform: Platform,
  restriction: Restriction,
  id: string,
): Outcome<'job_not_retryable'> {
  const row = await retryJobRow(platform.db, id, restriction)
  if (row) {
    platform.defer(platform.sendTickets(row.queue, 1))
    platform.defer(platform.hubs.notify(row.queue, recheckTime()))
    return { ok: true }
  }
  const job = await findJob(platform.db, id, restriction)
  if (!job) {
    return errorResult('job_not_retryable', notFoundMessage(id))
  }
  return errorResult(
    'job_not_retryable',
    nextStatus(job.status, 'retry') === null
      ? `Only a job with the status "${TRANSITIONS.retry.from.join('" or "')}" can be retried (this job: "${job.status}").`
      : `The variant has another job that is ${ACTIVE_STATUSES.join(' or ')}. Wait for that job, or cancel it.`,
  )
}

/** Cancels a pending job; with `force` a running one too, whose runner then stops. */
export async function cancelJob(
  platform: Platform,
  restriction: Restriction,
  id: string,
  force: boolean,
): Outcome<'job_not_cancellable'> {
  const row = await cancelJobRow(platform.db, id, force, Date.now(), restriction)
  if (row) {
    platform.defer(freeCapacity(platform, row))
    return { ok: true }
  }
  const job = await findJob(platform.db, id, restriction)
  if (!job) {
    return errorResult('job_not_cancellable', notFoundMessage(id))
  }
  return errorResult(
    'job_not_cancellable',
    isActive(job.status)
      ? `This job is ${job.status}. Send {"force": true} to cancel it anyway.`
      : `This job has ended, so it cannot be cancelled. Its status is "${job.status}".`,
  )
}

/** Deletes a job. If it was running, its runner's requests about it are rejected from then on. */
export async function deleteJob(
  platform: Platform,
  restriction: Restriction,
  id: string,
): Outcome<'job_not_deletable'> {
  const row = await deleteJobRow(platform.db, id, restriction)
  if (!row) {
    return errorResult('job_not_deletable', notFoundMessage(id))
  }
  platform.defer(freeCapacity(platform, row))
  return { ok: true }
}

/**
 * Notifies the hub, which no longer accepts reports of the job, sends the events and checks the
 * pending jobs soon. Runs the garbage collector, because a stopped attempt can have retired outputs.
 */
async function freeCapacity(platform: Platform, { id, queue, fence }: JobRow) {
  forgetHeldJobs()
  await Promise.all([
    platform.hubs.notify(queue, recheckTime(), [{ jobId: id, fence }]),
    collectGarbage(platform),
  ])
}
