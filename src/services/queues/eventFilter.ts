/** Combines the event filter of a request with the restriction of its caller. */
import { shorten } from '../../contract/quote.ts'
import { findJob } from '../../db/jobs.ts'
import { findQueue } from '../../db/queues.ts'
import { type Restriction, canSeePath, canSeeQueue } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'

/** An event must match every field that is not null. */
export interface EventFilter {
  jobId: string | null
  filePath: string | null
  pathPrefix: string | null
}
/** A stream token can also be restricted to one file or one job. */
export type EventRestriction = Restriction & { jobId?: string | null; filePath?: string | null }
interface RequestedFilter {
  queue?: string | undefined
  jobId?: string | undefined
  filePath?: string | undefined
  pathPrefix?: string | undefined
}

type Outcome =
  | { ok: true; queue: string | null; filter: EventFilter }
  | ErrorResult<'job_not_found' | 'queue_not_found' | 'file_not_found'>

/**
 * `queue` of the result is null, for all queues, if neither the request nor the restriction nor the
 * requested job has a queue.
 */
export async function resolveEventFilter(
  { db }: Platform,
  restriction: EventRestriction,
  requested: RequestedFilter,
): Promise<Outcome> {
  const jobId = requested.jobId ?? restriction.jobId ?? null
  const filePath = requested.filePath ?? restriction.filePath ?? null
  const pathPrefix = requested.pathPrefix ?? restriction.pathPrefix
  const differs = (one: string | null | undefined, other: string | null) =>
    one !== undefined && one !== null && one !== other
  const isOutside =
    differs(restriction.filePath, filePath) ||
    (filePath !== null && !canSeePath(restriction, filePath)) ||
    (pathPrefix !== null && !canSeePath(restriction, pathPrefix))
  if (isOutside) {
    return errorResult('file_not_found', 'There are no events for this path.')
  }
  // A requested job must exist. The job of a stream token's restriction may have been deleted.
  const job =
    requested.jobId === undefined ? undefined : await findJob(db, requested.jobId, restriction)
  if (requested.jobId !== undefined && (!job || differs(restriction.jobId, jobId))) {
    return errorResult('job_not_found', `There is no job ${shorten(requested.jobId)}.`)
  }
  const queue = requested.queue ?? restriction.queue ?? job?.queue ?? null
  if (queue === null) {
    return { ok: true, queue, filter: { jobId, filePath, pathPrefix } }
  }
  if (!canSeeQueue(restriction, queue) || !(await findQueue(db, queue))) {
    return errorResult('queue_not_found', `There is no queue "${queue}".`)
  }
  return { ok: true, queue, filter: { jobId, filePath, pathPrefix } }
}
