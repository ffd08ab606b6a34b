/**
 * Tickets: wake-ups through Cloudflare Queues. A ticket names a queue and no job: the claim decides
 * which job runs. So a duplicated ticket does no harm, and the watchdog makes up for a lost one.
 */
import { z } from 'zod'
import { describeError, logError, logWarn } from '../log.ts'
import { queueName } from '../contract/queue.ts'
import type { Platform } from '../services/ports.ts'
import { wakeRunners } from '../services/queues/wakeRunners.ts'
import { MAX_BATCH_MESSAGES, sendMessages } from './sendMessages.ts'

const ticket = z.object({ queue: queueName })

/** Sends as many tickets as jobs, but at most one batch. */
export function sendTickets(tickets: Queue, queue: string, count: number): Promise<void> {
  const length = Math.min(count, MAX_BATCH_MESSAGES)
  return sendMessages(
    tickets,
    Array.from({ length }, () => ({ body: { queue } })),
  )
}

/**
 * Turns a batch of tickets into one wake-up for each queue. Tickets are not retried if no runner is
 * available, because the watchdog sends new ones while a pending job could start. If the wake-up of
 * a queue fails, for example because the database does not answer, only the tickets of that queue
 * are retried.
 */
export async function consumeTickets(batch: MessageBatch, platform: Platform): Promise<void> {
  const queues = new Map<string, Message[]>()
  for (const message of batch.messages) {
    const { success, data } = ticket.safeParse(message.body)
    if (success) {
      queues.set(data.queue, [...(queues.get(data.queue) ?? []), message])
    } else {
      logError('ticket_unreadable', { message: message.id })
    }
  }
  const failed = await Promise.all(
    [...queues].map(async ([queue, messages]) => {
      try {
        await wakeRunners(platform, queue, messages.length)
        return []
      } catch (error) {
        logError('wake_failed', { queue, error: describeError(error) })
        return messages
      }
    }),
  )
  for (const message of failed.flat()) {
    message.retry()
  }
  batch.ackAll()
}

/**
 * Logs the tickets of the dead letter queue: `consumeTickets` failed for them several times. No job
 * is lost, because the watchdog also wakes runners, but the cause of the failure needs attention.
 */
export function logDeadTickets(batch: MessageBatch): void {
  for (const { id, body, attempts } of batch.messages) {
    logWarn('ticket_dead', { message: id, body, attempts })
  }
  batch.ackAll()
}
