/** Wakes or starts runners for the jobs of a queue; fails the attempts of an ended runner. */
import { countClaimableJobs, listBusyRunners, listJobsHeldBy } from '../../db/claimQuery.ts'
import { listQueues } from '../../db/queues.ts'
import { describeError, logError } from '../../log.ts'
import { canRun } from '../../domain/runnerRequirements.ts'
import { failAttempt } from '../jobs/endAttempt.ts'
import { collectGarbage } from '../maintenance/garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { countStartableJobs } from './queues.ts'
import { selectQueues } from './runnerQueues.ts'

/**
 * Wakes up to `count` waiting runners that can run the queue's jobs. Then starts a free slot for
 * each startable job that no waiting runner takes and that a slot can run. Slots that are already
 * starting for this queue are subtracted, so that a ticket that is delivered twice does not start
 * more of them. If the hub does not answer, only slots are started; waiting runners claim again
 * after their wait.
 */
export async function wakeRunners(platform: Platform, queue: string, count: number): Promise<void> {
  const { db, hubs, slots } = platform
  const taken = await hubs.wake(queue, count).catch((error: unknown) => {
    logError('hub_unreachable', { queue, error: describeError(error) })
    return []
  })
  const queues = await listQueues(db)
  const row = queues.find(({ name }) => name === queue)
  const startable = row ? countStartableJobs(row) : 0
  if (startable === 0 || slots.count === 0) {
    return
  }
  const { capabilities } = slots
  // Slot jobs are those that a runner in a slot can run.
  const slotJobs = await countClaimableJobs(db, queue, capabilities, startable)
  const takenSlotJobs = taken.filter((job) => canRun(capabilities, job)).length
  const wanted = Math.min(startable - taken.length, slotJobs - takenSlotJobs)
  if (wanted <= 0) {
    return
  }
  const busyRunners = await listBusyRunners(db)
  await slots.wake(selectQueues(queues, queue), wanted, busyRunners)
}

/** Returns whether a runner holds a job. */
export async function isBusy({ db }: Pick<Platform, 'db'>, runner: string): Promise<boolean> {
  return (await listJobsHeldBy(db, runner)).length > 0
}

/** Fails the attempts of a runner that has ended. Returns the number of jobs that it held. */
export async function failJobsOfRunner(
  platform: Platform,
  runner: string,
  message: string,
): Promise<number> {
  const held = await listJobsHeldBy(platform.db, runner)
  for (const job of held) {
    const failure = { errorCode: 'runner_lost' as const, message }
    await failAttempt(platform, job, failure, { collectsGarbage: false })
  }
  if (held.length > 0) {
    platform.defer(collectGarbage(platform))
  }
  return held.length
}
