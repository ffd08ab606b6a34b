/** The queues from which the runner of a slot claims. */
import { MAX_CLAIM_QUEUES } from '../../contract/runnerProtocol.ts'
import { listQueues } from '../../db/queues.ts'
import type { QueueRow } from '../../db/rows.ts'
import type { Platform } from '../ports.ts'
import { countStartableJobs } from './queues.ts'

/**
 * Selects the queues of a claim: `first`, then queues with a job that could start, then others.
 * Both groups begin at a random queue, so that no queue with such a job is left out for ever when
 * there are more of them than a claim can name.
 */
export function selectQueues(queues: readonly QueueRow[], first: string): string[] {
  const others = rotate(queues.filter(({ name }) => name !== first))
  const hasJobs = (queue: QueueRow) => countStartableJobs(queue) > 0
  const selected = [...others.filter(hasJobs), ...others.filter((queue) => !hasJobs(queue))]
  return [first, ...selected.map(({ name }) => name)].slice(0, MAX_CLAIM_QUEUES)
}

/**
 * Selects the queues for a claim of a slot's runner. They are selected anew for each claim, because
 * queues that the slot was not started for may have jobs by now.
 *
 * @param first the queue for which the slot was started
 */
export async function readRunnerQueues({ db }: Platform, first: string): Promise<string[]> {
  return selectQueues(await listQueues(db), first)
}

/** Returns the list from a random element on, followed by what precedes that element. */
function rotate<T>(list: readonly T[]): T[] {
  const start = Math.floor(Math.random() * list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}
