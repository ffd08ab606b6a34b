/**
 * Tickets: wake-ups through Cloudflare Queues. A ticket names no job, so one lost or doubled loses
 * or doubles nothing; what runs next is decided by the claim.
 */
import { z } from 'zod'
import { logError, logWarn } from '../log.ts'
import { queueName } from '../contract/queue.ts'
import type { Platform } from '../services/ports.ts'
import { wakeRunners } from '../services/queues/wakeRunners.ts'

const ticket = z.object({ queue: queueName })

/** More at once would wake no more runners than a queue has slots. */
const MAX_TICKETS = 100

export async function sendTickets(tickets: Queue, queue: string, count: number) {
  const messages = Array.from({ length: Math.min(count, MAX_TICKETS) }, () => ({ body: { queue } }))
  if (messages.length > 0) {
    await tickets.sendBatch(messages)
  }
}

/**
 * Turns a batch of tickets into one wake-up a queue. A wake-up that finds nobody is no failure:
 * every finished job and the watchdog look again, so it is never retried for that.
 */
export async function consumeTickets(batch: MessageBatch, platform: Platform): Promise<void> {
  const counts = new Map<string, number>()
  for (const message of batch.messages) {
    const { success, data } = ticket.safeParse(message.body)
    if (success) {
      counts.set(data.queue, (counts.get(data.queue) ?? 0) + 1)
    } else {
      logError('ticket_unreadable', { message: message.id })
    }
  }
  await Promise.all([...counts].map(([queue, count]) => wakeRunners(platform, queue, count)))
  batch.ackAll()
}

/** Tickets that could not be delivered are harmless; that it happens is worth knowing. */
export function logDeadTickets(batch: MessageBatch): void {
  for (const { id, body, attempts } of batch.messages) {
    logWarn('ticket_dead', { message: id, body, attempts })
  }
  batch.ackAll()
}
