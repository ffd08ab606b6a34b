/** Actions on many jobs: which jobs they apply to, and their requests in steps. */
import { type Job, JOB_STATUSES, type JobStatus } from '../../client/index.ts'
import { client } from '../api.ts'
import { formatCount } from '../format.ts'

export type Batch = Parameters<typeof client.jobs.changeMany>[0]
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
  return formatCount(count, 'job')
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
  const body = 'jobIds' in batch ? batch : { ...batch, limit: STEP_JOBS }
  for await (const { count, done, skipped } of client.jobs.changeAll(body, { signal })) {
    sum.count += count
    sum.done += done
    sum.problem ??= skipped[0]?.message ?? null
    yield { ...sum }
  }
}

export function describeResult(action: Action, { count, done, problem }: BatchProgress): string {
  const verb = done === 1 ? 'was' : 'were'
  const changed = `${countJobs(done)} ${verb} ${ACTIONS[action].done}.`
  return done === count
    ? changed
    : `${changed} ${countJobs(count - done)} could not be changed: ${problem}`
}
