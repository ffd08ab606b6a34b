/** Webhooks with a receiver in memory, whose messages are sent and clock is moved by the test. */
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { CreateWebhook } from '../../../src/contract/webhook.ts'
import { ROOT } from '../../../src/domain/caller.ts'
import type { WorkerPlatform } from '../../../src/platform/platform.ts'
import type { WebhookAnswer, WebhookWakeUp } from '../../../src/services/ports.ts'
import { dispatchEvents, repeatWakeUps } from '../../../src/services/webhooks/dispatch.ts'
import { createEndpoint } from '../../../src/services/webhooks/endpoints.ts'
import { sendDeliveries } from '../../../src/services/webhooks/sender.ts'
import { openPlatform } from './database.ts'

export interface Message {
  url: string
  headers: Record<string, string>
  body: string
  /** When it arrived. */
  at: number
}
type Answer = Partial<Pick<WebhookAnswer, 'status' | 'retryAfter' | 'error'>>

const MINUTE_MS = 60_000

/** Answers of a receiver. */
export const DOWN: Answer = { status: null, error: 'The request failed: connection refused' }
export function respond(status: number, retryAfter: string | null = null): Answer {
  const isSuccess = status >= 200 && status < 300
  return { status, retryAfter, error: isSuccess ? null : `The receiver answered with ${status}.` }
}

function findNextWake() {
  const query = 'SELECT min(wake_at) AS at FROM webhook_endpoints WHERE disabled_at IS NULL'
  return env.DB.prepare(query).first<number>('at')
}

/** @param d1 the database, by default that of the tests */
export function openWebhooks(d1?: D1Database) {
  const { platform } = openPlatform(d1)
  const received: Message[] = []
  const receiver = { answer: (_message: Message): Answer | Promise<Answer> => respond(200) }
  let waiting: { endpoint?: string | undefined; at: number }[] = []
  const own: WorkerPlatform = {
    ...platform,
    webhooks: {
      findProblem: async () => null,
      async post(message) {
        const arrived = { ...message, at: Date.now() }
        received.push(arrived)
        const answer = await receiver.answer(arrived)
        return {
          status: 200,
          retryAfter: null,
          response: 'an answer',
          error: null,
          durationMs: 5,
          ...answer,
        }
      },
    },
    wakeWebhooks: async (wakeUps: readonly WebhookWakeUp[]) => {
      const at = Date.now()
      waiting.push(
        ...wakeUps.map(({ endpoint, delaySeconds }) => ({
          endpoint,
          at: at + delaySeconds * 1000,
        })),
      )
    },
    // No messages in the background: `run` sends what there is.
    hubs: { ...platform.hubs, useWebhooks: async () => undefined, notify: async () => undefined },
  }
  const deliverDue = async () => {
    for (;;) {
      const due = waiting.filter(({ at }) => at <= Date.now())
      if (due.length === 0) {
        return
      }
      waiting = waiting.filter((one) => !due.includes(one))
      for (const { endpoint } of due) {
        await (endpoint === undefined ? dispatchEvents(own) : sendDeliveries(own, endpoint))
      }
    }
  }
  return {
    platform: own,
    received,
    receiver,
    /** Hands out the events, and sends what is due. */
    run: async () => {
      await dispatchEvents(own)
      await deliverDue()
    },
    /** Loses all messages that wake the dispatcher or a sender. */
    loseWakeUps: () => (waiting = []),
    /**
     * Moves the clock. The messages that become due are delivered, and the cron trigger fires every minute: a
     * minute in which it has nothing to do is left out.
     */
    advance: async (ms: number) => {
      const end = Date.now() + ms
      await repeatWakeUps(own)
      await deliverDue()
      while (Date.now() < end) {
        const due = (await findNextWake()) ?? Infinity
        const cron = Math.ceil(Math.max(due, Date.now() + 1) / MINUTE_MS) * MINUTE_MS
        vi.setSystemTime(Math.min(end, cron, ...waiting.map(({ at }) => at)))
        await repeatWakeUps(own)
        await deliverDue()
      }
    },
    create: async (fields: Partial<CreateWebhook> = {}) => {
      const request = {
        url: 'https://hooks.example.com/in',
        types: ['job.completed'],
        description: '',
        ...fields,
      }
      const created = await createEndpoint(own, ROOT, request)
      if (!created.ok) {
        throw new Error(created.message)
      }
      return { id: created.row.id, secret: created.secret }
    },
  }
}
