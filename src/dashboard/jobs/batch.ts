/** Actions on many jobs: which jobs they apply to, and their requests in steps. */
import { type Job, JOB_STATUSES, type JobStatus } from '../../client/index.ts'
import { retryTemporary } from '../../client/sleep.ts'
import { client } from '../api.ts'
import { formatNumber } from '../format.ts'

type Batch = Parameters<typeof client.jobs.changeMany>[0]
export type Action = Batch['action']
/** The jobs of a batch: those of a filter, or listed ones. */
export type Target = Pick<Batch, 'filter'> | Pick<Batch, 'jobIds'>

interface ActionTexts {
  label: string
  /** The end of the sentence about the result: "12 jobs were deleted." */
  done: string
  /** Statuses that allow the action. */
  from: readonly JobStatus[]
}
export const ACTIONS: Record<Action, ActionTexts> = {
  retry: { label: 'Retry', done: 'queued again', from: ['error'] },
  cancel: { label: 'Cancel', done: 'cancelled', from: ['pending', 'running'] },
  prioritize: { label: 'Priority', done: 'given the new priority', from: ['pending', 'running'] },
  delete: { label: 'Delete', done: 'deleted', from: JOB_STATUSES },
}
/** Jobs that one request changes. Small steps show progress, and can be stopped. */
const STEP_JOBS = 100

export function countJobs(count: number): string {
  return count === 1 ? '1 job' : `${formatNumber(count)} jobs`
}

/** The jobs of a list to which the action applies. */
export function allowsAction(action: Action, { status }: Pick<Job, 'status'>): boolean {
  return ACTIONS[action].from.includes(status)
}

export interface BatchProgress {
  count: number
  done: number
  /** Why the first job that was not changed was skipped. */
  problem: string | null
}

/** Sends a batch until its end. With `dryRun`, it counts. Yields the sum of the steps so far. */
export async function* runBatch(batch: Batch, signal: AbortSignal): AsyncGenerator<BatchProgress> {
  const sum: BatchProgress = { count: 0, done: 0, problem: null }
  for (let cursor: string | null | undefined; cursor !== null;) {
    const body: Batch = {
      ...batch,
      ...(!('jobIds' in batch) && { limit: STEP_JOBS }),
      ...(cursor !== undefined && { cursor }),
    }
    const step = await retryTemporary(() => client.jobs.changeMany(body, { signal }), { signal })
    sum.count += step.count
    sum.done += step.done
    sum.problem ??= step.skipped[0]?.message ?? null
    yield { ...sum }
    cursor = step.nextCursor
  }
}

export function describeResult(action: Action, { count, done, problem }: BatchProgress): string {
  const verb = done === 1 ? 'was' : 'were'
  const changed = `${countJobs(done)} ${verb} ${ACTIONS[action].done}.`
  return done === count
    ? changed
    : `${changed} ${countJobs(count - done)} could not be changed: ${problem}`
}
