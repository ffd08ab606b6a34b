/** Offers jobs that have just become ready to runners. */
import type { JobRequirements } from '../../domain/runnerRequirements.ts'
import { describeError, logError } from '../../log.ts'
import type { Platform } from '../ports.ts'

/**
 * Wakes waiting runners at once, and sends tickets for the startable jobs that none of them takes.
 * If a woken runner does not claim, the watchdog sends a ticket.
 *
 * @param startable number of the jobs that can start
 */
export async function offerJobs(
  platform: Platform,
  queue: string,
  jobs: JobRequirements[],
  startable: number,
): Promise<void> {
  if (startable === 0) {
    return
  }
  const requirements = jobs.map(({ requiredEncoders, sizeClass, sourceBytes }) => ({
    requiredEncoders,
    sizeClass,
    sourceBytes,
  }))
  const woken = await platform.hubs
    .offerJobs(queue, requirements, startable)
    .catch((error: unknown) => {
      logError('hub_unreachable', { queue, error: describeError(error) })
      return 0
    })
  await platform.sendTickets(queue, startable - woken)
}
