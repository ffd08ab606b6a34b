/** Actions of a caller on one job that it can see: retry, cancel, delete. */
import { shorten } from '../../contract/quote.ts'
import { cancelJobRows } from '../../db/changeJobs.ts'
import { retryJobRows } from '../../db/retryJobs.ts'
import { deleteJobRows, findJob } from '../../db/jobs.ts'
import type { ChangedJob, JobRow } from '../../db/rows.ts'
import type { Restriction } from '../../domain/caller.ts'
import { ACTIVE_STATUSES, isActive, nextStatus, TRANSITIONS } from '../../domain/jobTransitions.ts'
import { collectGarbage } from '../maintenance/garbageCollector.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { recheckTime } from '../queues/queues.ts'
import { forgetHeldJobs } from './heldJobs.ts'

type Outcome<Code extends ErrorResult['code']> = Promise<{ ok: true } | ErrorResult<Code>>

/** Returns a failed job to the queue, and counts its attempts from 0 again. */
export async function retryJob(
  platform: Platform,
  restriction: Restriction,
  id: string,
): Outcome<'job_not_retryable'> {
  const rows = await retryJobRows(platform.db, [id], restriction)
  if (rows.length > 0) {
    announceRetries(platform, rows)
    return { ok: true }
  }
  return retryError(id, await findJob(platform.db, id, restriction))
}

/** Cancels a pending job; with `force` a running one too, whose runner then stops. */
export async function cancelJob(
  platform: Platform,
  restriction: Restriction,
  id: string,
  force: boolean,
): Outcome<'job_not_cancellable'> {
  const rows = await cancelJobRows(platform.db, [id], force, Date.now(), restriction)
  if (rows.length > 0) {
    platform.defer(freeCapacity(platform, rows))
    return { ok: true }
  }
  return cancelError(id, await findJob(platform.db, id, restriction))
}

/** Deletes a job. If it was running, its runner's requests about it are rejected from then on. */
export async function deleteJob(
  platform: Platform,
  restriction: Restriction,
  id: string,
): Outcome<'job_not_deletable'> {
  const rows = await deleteJobRows(platform.db, [id], restriction)
  if (rows.length === 0) {
    return errorResult('job_not_deletable', notFoundMessage(id))
  }
  platform.defer(freeCapacity(platform, rows))
  return { ok: true }
}

export function notFoundMessage(id: string) {
  return `There is no job ${shorten(id)}.`
}

/** Explains why a job was not retried. @param job undefined if the caller sees no such job */
export function retryError(id: string, job: Pick<JobRow, 'status'> | undefined) {
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

/** Explains why a job was not cancelled. @param job undefined if the caller sees no such job */
export function cancelError(id: string, job: Pick<JobRow, 'status'> | undefined) {
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

/**
 * Sends tickets for jobs that are pending again, and has their hubs send the events. Wakes the imports that some wait
 * for again, and the exports that begin again.
 */
export function announceRetries(platform: Platform, rows: ChangedJob[]): void {
  const importing = rows.filter(({ stage }) => stage === 'import')
  if (importing.length > 0) {
    const paths = [...new Set(importing.map(({ filePath }) => filePath))]
    platform.defer(platform.wakeImports(paths.map((filePath) => ({ filePath, delaySeconds: 0 }))))
  }
  const exporting = rows.filter(({ stage }) => stage === 'export')
  if (exporting.length > 0) {
    platform.defer(
      platform.wakeExports(exporting.map(({ id: jobId }) => ({ jobId, delaySeconds: 0 }))),
    )
  }
  for (const [queue, jobs] of groupByQueue(rows)) {
    platform.defer(platform.sendTickets(queue, jobs.length))
    platform.defer(platform.hubs.notify(queue, recheckTime()))
  }
}

/**
 * Notifies the hubs, which no longer accept reports of the jobs, send the events and check the
 * pending jobs soon. Runs the garbage collector, because a stopped attempt can have retired outputs.
 */
export async function freeCapacity(platform: Platform, rows: ChangedJob[]) {
  forgetHeldJobs()
  await Promise.all([
    ...[...groupByQueue(rows)].map(([queue, jobs]) =>
      platform.hubs.notify(
        queue,
        recheckTime(),
        jobs.map(({ id, fence }) => ({ jobId: id, fence })),
      ),
    ),
    collectGarbage(platform),
  ])
}

/** Groups jobs by their queue. */
export function groupByQueue<Job extends { queue: string }>(rows: Job[]): Map<string, Job[]> {
  const groups = new Map<string, Job[]>()
  for (const row of rows) {
    groups.set(row.queue, [...(groups.get(row.queue) ?? []), row])
  }
  return groups
}
