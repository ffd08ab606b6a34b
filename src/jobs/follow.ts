/** What of a queue's events someone gets to see: what is asked for, within what may be seen. */
import { findJob } from '../db/jobRows.ts'
import { findQueue } from '../db/queueRows.ts'
import { type Restriction, seesPath, seesQueue } from '../domain/access.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import type { Platform } from './platform.ts'

/** Everything that is given has to be met. */
export interface EventFilter {
  jobId: string | null
  filePath: string | null
  pathPrefix: string | null
}
/** Bounds that go down to one file or one job. */
export type Within = Restriction & { jobId?: string | null; filePath?: string | null }
interface Asked {
  queue?: string | undefined
  jobId?: string | undefined
  filePath?: string | undefined
  pathPrefix?: string | undefined
}

type Outcome =
  | { ok: true; queue: string; filter: EventFilter }
  | Refusal<'job_not_found' | 'queue_not_found' | 'file_not_found'>

export async function resolveView(
  { db }: Platform,
  within: Within,
  asked: Asked,
): Promise<Outcome> {
  const jobId = asked.jobId ?? within.jobId ?? null
  const filePath = asked.filePath ?? within.filePath ?? null
  const pathPrefix = asked.pathPrefix ?? within.pathPrefix
  const differs = (one: string | null | undefined, other: string | null) =>
    one !== undefined && one !== null && one !== other
  const outside =
    differs(within.filePath, filePath) ||
    (filePath !== null && !seesPath(within, filePath)) ||
    (pathPrefix !== null && !seesPath(within, pathPrefix))
  if (outside) {
    return refuse('file_not_found', 'There is nothing to follow under this path.')
  }
  // A job of this token may be gone; that of a request has to be there.
  const job = asked.jobId === undefined ? undefined : await findJob(db, asked.jobId, within)
  if (asked.jobId !== undefined && (!job || differs(within.jobId, jobId))) {
    return refuse('job_not_found', `There is no job ${asked.jobId}.`)
  }
  const queue = asked.queue ?? within.queue ?? job?.queue ?? 'default'
  if (!seesQueue(within, queue) || !(await findQueue(db, queue))) {
    return refuse('queue_not_found', `There is no queue "${queue}".`)
  }
  return { ok: true, queue, filter: { jobId, filePath, pathPrefix } }
}
