/** Making queues and changing their settings. */
import type { QueueSettings } from '../../contract/queue.ts'
import { findQueue, insertQueue, listQueues, updateQueue } from '../../db/queues.ts'
import { type Restriction, canSeeQueue } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import type { QueueRow } from '../../db/rows.ts'

/** Figures over all queues read a row of each, so there is a bound to them. */
const MAX_QUEUES = 100

/** The queues that the caller can see. */
export async function readQueues({ db }: Platform, within: Restriction): Promise<QueueRow[]> {
  return (await listQueues(db)).filter(({ name }) => canSeeQueue(within, name))
}

/** One of them, or undefined. */
export async function readQueue({ db }: Platform, within: Restriction, name: string) {
  return canSeeQueue(within, name) ? findQueue(db, name) : undefined
}

/** Changes what is given of a queue. What may run now because of it is woken. */
export async function changeQueue(
  platform: Platform,
  within: Restriction,
  name: string,
  settings: QueueSettings,
): Promise<{ ok: true; queue: QueueRow } | ErrorResult<'queue_not_found'>> {
  if (!canSeeQueue(within, name)) {
    return errorResult('queue_not_found', `There is no queue "${name}".`)
  }
  const given = Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<QueueRow>
  const queue =
    Object.keys(given).length === 0
      ? await findQueue(platform.db, name)
      : await updateQueue(platform.db, name, given)
  if (!queue) {
    return errorResult('queue_not_found', `There is no queue "${name}".`)
  }
  const slots = countStartableJobs(queue)
  if (slots > 0) {
    platform.defer(platform.sendTickets(name, slots))
    platform.defer(platform.hubs.notify(name, nextCheckTime(queue)))
  }
  return { ok: true, queue }
}

/** Makes a queue where there is none of that name, and sets what is given. */
export async function createQueue(
  platform: Platform,
  within: Restriction,
  name: string,
  settings: QueueSettings,
): Promise<{ ok: true; queue: QueueRow } | ErrorResult<'invalid_request' | 'forbidden'>> {
  if (!canSeeQueue(within, name)) {
    return errorResult('forbidden', `This key is bound to the queue "${within.queue}".`)
  }
  const queues = await listQueues(platform.db)
  if (queues.length >= MAX_QUEUES && !queues.some((queue) => queue.name === name)) {
    return errorResult('invalid_request', `There are ${MAX_QUEUES} queues, which is the limit.`)
  }
  await insertQueue(platform.db, name)
  return (await changeQueue(platform, within, name, settings)) as { ok: true; queue: QueueRow }
}

/** How many more of its waiting jobs a queue may run now. */
export function countStartableJobs(queue: QueueRow): number {
  return queue.paused ? 0 : Math.min(queue.pending, Math.max(0, queue.concurrency - queue.running))
}

/** A wake-up may be lost: while a job waits and could run, the watchdog looks again this often. */
const LOOK_AGAIN_MS = 8_000

/** When to look at a queue's waiting jobs again (ms since the epoch), or null for no need. */
export function nextCheckTime(queue: QueueRow): number | null {
  return countStartableJobs(queue) > 0 ? recheckTime() : null
}

/** When to look at a queue again of which it is not known whether a job of it could run now. */
export function recheckTime() {
  return Date.now() + LOOK_AGAIN_MS
}
