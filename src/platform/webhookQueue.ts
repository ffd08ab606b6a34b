/**
 * Messages that wake the dispatcher and the senders of webhooks. They carry no events: what is to be sent is
 * in the database, so a duplicated message does no harm, and the cron trigger makes up for a lost one.
 */
import { z } from 'zod'
import { describeError, logError } from '../log.ts'
import type { Platform, WebhookWakeUp } from '../services/ports.ts'
import { dispatchEvents } from '../services/webhooks/dispatch.ts'
import { sendDeliveries } from '../services/webhooks/sender.ts'
import { sendMessages } from './sendMessages.ts'

const wakeUp = z.object({ endpoint: z.string().optional() })

export function sendWakeUps(queue: Queue, wakeUps: readonly WebhookWakeUp[]): Promise<void> {
  return sendMessages(
    queue,
    wakeUps.map(({ endpoint, delaySeconds }) => ({ body: { endpoint }, delaySeconds })),
  )
}

/** Runs the dispatcher once, and a round for each endpoint of a batch. Nothing is retried. */
export async function consumeWakeUps(batch: MessageBatch, platform: Platform): Promise<void> {
  const named = batch.messages.map(({ body }) => wakeUp.safeParse(body).data?.endpoint)
  const work = [...new Set(named)].map(async (endpoint) => {
    try {
      if (endpoint === undefined) {
        await dispatchEvents(platform)
      } else {
        await sendDeliveries(platform, endpoint)
      }
    } catch (error) {
      logError('webhook_failed', { webhook: endpoint ?? null, error: describeError(error) })
    }
  })
  await Promise.all(work)
  batch.ackAll()
}
