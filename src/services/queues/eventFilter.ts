/** Combines the event filter of a request with the restriction of its caller. */
import { shorten } from '../../contract/quote.ts'
import { findStreamStart, type StreamStart, type StreamTarget } from '../../db/events.ts'
import { type Restriction, canSeePath, canSeeQueue } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { EventFilter } from '../../domain/subscription.ts'
import type { Platform } from '../ports.ts'

/** A stream token can also be restricted to one file or one job. */
export type EventRestriction = Restriction & { jobId?: string | null; filePath?: string | null }
interface RequestedFilter {
  queue?: string | undefined
  jobId?: string | undefined
  filePath?: string | undefined
  pathPrefix?: string | undefined
}

type MissingError = ErrorResult<'job_not_found' | 'queue_not_found'>
/** The filter, and what must exist: the queue, unless it is null, and the job. */
export interface ResolvedFilter extends Pick<StreamTarget, 'queue' | 'job'> {
  ok: true
  filter: EventFilter
}

/**
 * Does not read the database, so the queue and the job may not exist (`explainMissing`). `queue` of
 * the result is null, for all queues, if neither the request nor the restriction has a queue.
 */
export function resolveEventFilter(
  restriction: EventRestriction,
  requested: RequestedFilter,
): ResolvedFilter | MissingError | ErrorResult<'file_not_found'> {
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
  if (differs(restriction.jobId, jobId)) {
    return jobNotFound(jobId!)
  }
  const queue = requested.queue ?? restriction.queue
  if (queue !== null && !canSeeQueue(restriction, queue)) {
    return queueNotFound(queue)
  }
  // A requested job must exist. The job of a stream token's restriction may have been deleted.
  const { queue: ownQueue, pathPrefix: ownPrefix } = restriction
  const job =
    requested.jobId === undefined
      ? null
      : { id: requested.jobId, restriction: { queue: ownQueue, pathPrefix: ownPrefix } }
  return { ok: true, queue, job, filter: { jobId, filePath, pathPrefix } }
}

/** Returns an error if the queue or the job of a stream does not exist, else null. */
export function explainMissing(
  { queue, job }: Pick<StreamTarget, 'queue' | 'job'>,
  { hasQueue, hasJob }: Pick<StreamStart, 'hasQueue' | 'hasJob'>,
): MissingError | null {
  if (!hasJob) {
    return jobNotFound(job!.id)
  }
  return hasQueue ? null : queueNotFound(queue!)
}

/** As `resolveEventFilter`, but returns an error if the queue or the job does not exist. */
export async function findEventFilter(
  { db }: Platform,
  restriction: EventRestriction,
  requested: RequestedFilter,
): Promise<ReturnType<typeof resolveEventFilter>> {
  const resolved = resolveEventFilter(restriction, requested)
  if (!resolved.ok || (resolved.queue === null && resolved.job === null)) {
    return resolved
  }
  const start = await findStreamStart(db, { ...resolved, since: null }, 0)
  return explainMissing(resolved, start) ?? resolved
}

function jobNotFound(id: string) {
  return errorResult('job_not_found', `There is no job ${shorten(id)}.`)
}
function queueNotFound(queue: string) {
  return errorResult('queue_not_found', `There is no queue "${queue}".`)
}
