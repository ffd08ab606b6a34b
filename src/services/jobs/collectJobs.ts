/** The result of a request that creates jobs: a job for each variant, or an error. */
import type { JobDestination } from '../../contract/destination.ts'
import type { CreateJobs } from '../../contract/job.ts'
import { writeCount } from '../../contract/writeCount.ts'
import type { NewJob } from '../../db/insertJobs.ts'
import type { JobRow, QueueRow } from '../../db/rows.ts'
import { canSee } from '../../domain/caller.ts'
import { QUEUED_STATUSES } from '../../domain/jobTransitions.ts'
import { errorResult } from '../../domain/result.ts'
import { type CreateJobsError, otherDestinationError, variantBusyError } from './createJobErrors.ts'
import type { Creator } from './newJobs.ts'

export interface CreatedJob {
  row: JobRow
  /** True when the job existed before the request. */
  deduplicated: boolean
}

export type CreateOutcome = { ok: true; jobs: CreatedJob[] } | CreateJobsError

/**
 * Returns the active job of each variant, or an error if a variant has none that the caller can
 * see.
 */
export function collectJobs(
  caller: Creator,
  request: CreateJobs,
  jobs: NewJob[],
  { rows, queue }: { rows: JobRow[]; queue: QueueRow | undefined },
): CreateOutcome {
  if (!queue) {
    return errorResult(
      'queue_not_found',
      `There is no queue "${request.queue}". The queue "default" always exists.`,
    )
  }
  if (!rows.every((row) => canSee(caller, row))) {
    return variantBusyError()
  }
  const active = new Map(rows.map((row) => [row.transformation, row]))
  const elsewhere =
    request.destination &&
    jobs.find(({ transformation, destination }) =>
      isElsewhere(active.get(transformation), destination),
    )
  if (elsewhere) {
    return otherDestinationError(elsewhere.transformation)
  }
  const created: CreatedJob[] = []
  for (const { id, transformation } of jobs) {
    const row = active.get(transformation)
    if (!row) {
      return queue.draining
        ? errorResult(
            'queue_draining',
            `The queue "${request.queue}" is draining and accepts no new jobs.`,
          )
        : errorResult(
            'cap_reached',
            caller.maxVisitorJobs === undefined
              ? `This key may have at most ${writeCount(caller.maxQueuedJobs ?? 0, `${QUEUED_STATUSES.join(' or ')} job`)}, which this request would exceed. Wait until some have started.`
              : `There are too many pending jobs of callers without the scope jobs:write: together, they may have ${caller.maxVisitorJobs}. Try again later.`,
          )
    }
    created.push({ row, deduplicated: row.id !== id })
  }
  return { ok: true, jobs: created }
}

function isElsewhere(row: JobRow | undefined, destination: JobDestination | null): boolean {
  return row !== undefined && JSON.stringify(row.destination) !== JSON.stringify(destination)
}
