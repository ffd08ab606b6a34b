/** Lists, creates and changes queues, and counts the jobs that can start. */
import type { QueueSettings } from '../../contract/queue.ts'
import { findQueue, insertQueue, listQueues, updateQueue } from '../../db/queues.ts'
import { type Restriction, canSeeQueue } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import type { QueueRow } from '../../db/rows.ts'

/** Maximum number of queues. It limits the cost of statistics over all queues. */
const MAX_QUEUES = 100

/** Returns the queues that the caller can see. */
export async function readQueues({ db }: Platform, restriction: Restriction): Promise<QueueRow[]> {
  return (await listQueues(db)).filter(({ name }) => canSeeQueue(restriction, name))
}

/** Returns a queue; undefined if it does not exist or the caller cannot see it. */
export async function readQueue({ db }: Platform, restriction: Restriction, name: string) {
  return canSeeQueue(restriction, name) ? findQueue(db, name) : undefined
}

/** Changes the given settings of a queue. Wakes runners for the jobs that can start now. */
export async function changeQueue(
  platform: Platform,
  restriction: Restriction,
  name: string,
  settings: QueueSettings,
): Promise<{ ok: true; queue: QueueRow } | ErrorResult<'queue_not_found'>> {
  if (!canSeeQueue(restriction, name)) {
    return errorResult('queue_not_found', `There is no queue "${name}".`)
  }
  const changes = Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<QueueRow>
  const queue =
    Object.keys(changes).length === 0
      ? await findQueue(platform.db, name)
      : await updateQueue(platform.db, name, changes)
  if (!queue) {
    return errorResult('queue_not_found', `There is no queue "${name}".`)
  }
  const startable = countStartableJobs(queue)
  if (startable > 0) {
    platform.defer(platform.sendTickets(name, startable))
    platform.defer(platform.hubs.notify(name, nextCheckTime(queue)))
  }
  return { ok: true, queue }
}

/** Creates a queue if it does not exist, and changes the given settings. */
export async function createQueue(
  platform: Platform,
  restriction: Restriction,
  name: string,
  settings: QueueSettings,
): Promise<{ ok: true; queue: QueueRow } | ErrorResult<'invalid_request' | 'forbidden'>> {
  if (!canSeeQueue(restriction, name)) {
    return errorResult('forbidden', `This key is restricted to the queue "${restriction.queue}".`)
  }
  const queues = await listQueues(platform.db)
  if (queues.length >= MAX_QUEUES && !queues.some((queue) => queue.name === name)) {
    return errorResult(
      'invalid_request',
      `There are ${MAX_QUEUES} queues already, which is the maximum. Use one of them.`,
    )
  }
  await insertQueue(platform.db, name)
  return (await changeQueue(platform, restriction, name, settings)) as { ok: true; queue: QueueRow }
}

/**
 * Counts the pending jobs and chunks, delayed ones included, that the queue's `concurrency` allows to
 * start now.
 */
export function countStartableJobs(queue: QueueRow): number {
  const busy = queue.running - queue.split + queue.runningChunks
  // The chunks of running jobs are also made in a paused queue.
  const pending = queue.pendingChunks + (queue.paused ? 0 : queue.pending)
  return Math.min(pending, Math.max(0, queue.concurrency - busy))
}

/** Interval of the watchdog while a pending job could start, because wake-ups can be lost. */
const RECHECK_INTERVAL_MS = 8_000

/**
 * Returns when the watchdog must check the pending jobs again (ms since the epoch); null if none
 * can start.
 */
export function nextCheckTime(queue: QueueRow): number | null {
  return countStartableJobs(queue) > 0 ? recheckTime() : null
}

/** Returns the time of the next check for a queue whose counters were not read (ms). */
export function recheckTime() {
  return Date.now() + RECHECK_INTERVAL_MS
}
