/** Getting runners to a queue's work, and telling when one is gone. */
import { countClaimableJobs, listJobsHeldBy, listBusyRunners } from '../../db/claimQuery.ts'
import { listQueues } from '../../db/queues.ts'
import { failAttempt } from '../jobs/finishAttempt.ts'
import type { Platform } from '../ports.ts'
import { countStartableJobs } from './queues.ts'

/** As many as a claim may name. */
const MAX_QUEUES = 10

/**
 * Tells runners that wait for the queue's work. What they do not take up starts slots: as many as
 * there are jobs that could run now and fit, less those that are starting already. So tickets that
 * come twice start nothing twice.
 */
export async function wakeRunners(platform: Platform, queue: string, count: number): Promise<void> {
  const { db, hubs, slots } = platform
  const told = await hubs.wake(queue, count)
  if (told >= count || slots.count === 0) {
    return
  }
  const queues = await listQueues(db)
  const row = queues.find(({ name }) => name === queue)
  if (!row || countStartableJobs(row) === 0) {
    return
  }
  const free = countStartableJobs(row)
  const wanted = Math.min(free, await countClaimableJobs(db, queue, slots.fit, free)) - told
  if (wanted <= 0) {
    return
  }
  // Its runner may help with the other queues once this one is empty.
  const others = queues.map(({ name }) => name).filter((name) => name !== queue)
  const busyRunners = await listBusyRunners(db)
  await slots.wake([queue, ...others].slice(0, MAX_QUEUES), wanted, busyRunners)
}

/** Whether a runner holds a job now. */
export async function isBusy({ db }: Pick<Platform, 'db'>, runner: string): Promise<boolean> {
  return (await listJobsHeldBy(db, runner)).length > 0
}

/** Ends what a runner held that is known to be gone; gives back how many jobs that were. */
export async function failJobsOfRunner(platform: Platform, runner: string, message: string) {
  const held = await listJobsHeldBy(platform.db, runner)
  for (const job of held) {
    await failAttempt(platform, job, { errorCode: 'runner_lost', message })
  }
  return held.length
}
