/** What of a queue's events someone gets to see: what is asked for, within what may be seen. */
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { findJob } from '../../db/jobs.ts'
import { findQueue } from '../../db/queues.ts'
import { type Restriction, canSeePath, canSeeQueue } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'

/** Everything that is given has to be met. */
export interface EventFilter {
  jobId: string | null
  filePath: string | null
  pathPrefix: string | null
}
/** Bounds that go down to one file or one job. */
export type EventRestriction = Restriction & { jobId?: string | null; filePath?: string | null }
interface Asked {
  queue?: string | undefined
  jobId?: string | undefined
  filePath?: string | undefined
  pathPrefix?: string | undefined
}

type Outcome =
  | { ok: true; queue: string; filter: EventFilter }
  | ErrorResult<'job_not_found' | 'queue_not_found' | 'file_not_found'>

export async function resolveEventFilter(
  { db }: Platform,
  within: EventRestriction,
  asked: Asked,
): Promise<Outcome> {
  const jobId = asked.jobId ?? within.jobId ?? null
  const filePath = asked.filePath ?? within.filePath ?? null
  const pathPrefix = asked.pathPrefix ?? within.pathPrefix
  const differs = (one: string | null | undefined, other: string | null) =>
    one !== undefined && one !== null && one !== other
  const outside =
    differs(within.filePath, filePath) ||
    (filePath !== null && !canSeePath(within, filePath)) ||
    (pathPrefix !== null && !canSeePath(within, pathPrefix))
  if (outside) {
    return errorResult('file_not_found', 'There is nothing to follow under this path.')
  }
  // A job of this token may be gone; that of a request has to be there.
  const job = asked.jobId === undefined ? undefined : await findJob(db, asked.jobId, within)
  if (asked.jobId !== undefined && (!job || differs(within.jobId, jobId))) {
    return errorResult('job_not_found', `There is no job ${asked.jobId}.`)
  }
  const queue = asked.queue ?? within.queue ?? job?.queue ?? DEFAULT_QUEUE
  if (!canSeeQueue(within, queue) || !(await findQueue(db, queue))) {
    return errorResult('queue_not_found', `There is no queue "${queue}".`)
  }
  return { ok: true, queue, filter: { jobId, filePath, pathPrefix } }
}
