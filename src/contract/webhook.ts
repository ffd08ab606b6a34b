/** Webhooks as the API returns them, the requests of their routes, and the payload that receivers get. */
import { z } from 'zod'
import { pathPrefix } from './apiKey.ts'
import { DURABLE_EVENTS } from './events.ts'
import { job } from './job.ts'
import { queueName } from './queue.ts'
import { webhookUrl } from './webhookUrl.ts'

const time = z.iso.datetime({ precision: 3 })

/** The types of the event log, written as the Standard Webhooks specification has them: `job.completed`. */
export const WEBHOOK_TYPES = DURABLE_EVENTS.map(toWebhookType)
export function toWebhookType(event: string): string {
  return event.replace(':', '.')
}
/** Without a choice: what makes the variant usable, and what ends the job. */
export const DEFAULT_WEBHOOK_TYPES = ['job.playable', 'job.completed', 'job.error', 'job.cancelled']

/** A webhook endpoint is disabled by a request, or by the service for one of the other reasons. */
export const DISABLED_REASONS = ['requested', 'failing', 'gone', 'secret_unreadable'] as const
export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const

const types = z
  .array(z.enum(WEBHOOK_TYPES as [string, ...string[]]))
  .min(1)
  .max(WEBHOOK_TYPES.length)
const description = z.string().max(200)

export const webhook = z
  .object({
    id: z.string(),
    url: z.string().describe('For the receivers of `webhookUrl` of jobs: only the origin'),
    forJobs: z
      .boolean()
      .describe('True if it was created by `webhookUrl` of a job, and gets only such events'),
    queue: z.string().nullable().describe('The only queue whose events are sent; null for all'),
    pathPrefix: z.string().nullable().describe('The only folder whose events are sent'),
    types: z.array(z.string()),
    description: z.string(),
    createdAt: time,
    disabled: z.boolean(),
    disabledReason: z.enum(DISABLED_REASONS).nullable(),
    disabledAt: time.nullable(),
    failingSince: time
      .nullable()
      .describe('Time of the first failure since the last success; null if the last one succeeded'),
    retryAt: time.nullable().describe('While it fails: time of the next try'),
    previousSecretExpiresAt: time
      .nullable()
      .describe(
        'Until then, messages also have the signature of the secret before the last rotation',
      ),
    delivered: z.int().describe('Number of delivered events'),
    failedAttempts: z.int().describe('Number of failed attempts to deliver one'),
    lostEvents: z
      .object({ from: z.int(), to: z.int() })
      .nullable()
      .describe(
        'The last range of sequence numbers that was deleted from the event log before the endpoint was handed it',
      ),
  })
  .meta({ id: 'Webhook' })
export type Webhook = z.infer<typeof webhook>

export const createWebhook = z
  .strictObject({
    url: webhookUrl,
    queue: queueName.optional().describe('Default: the queue of the key, otherwise all queues'),
    pathPrefix: pathPrefix.optional(),
    types: types.default(DEFAULT_WEBHOOK_TYPES),
    description: description.default(''),
  })
  .meta({ id: 'CreateWebhook' })
export type CreateWebhook = z.infer<typeof createWebhook>

export const changeWebhook = z
  .strictObject({
    url: webhookUrl.optional(),
    types: types.optional(),
    description: description.optional(),
    disabled: z
      .boolean()
      .optional()
      .describe('false enables it again, and sends the events that it missed and that are kept'),
  })
  .meta({ id: 'ChangeWebhook' })
export type ChangeWebhook = z.infer<typeof changeWebhook>

export const delivery = z
  .object({
    sequence: z.int().describe('Sequence number of the event'),
    messageId: z.string().describe('The header webhook-id'),
    type: z.string(),
    jobId: z.string().nullable(),
    url: z.string(),
    status: z.enum(DELIVERY_STATUSES),
    attempts: z.int(),
    queuedAt: time,
    lastAttemptAt: time.nullable(),
    nextAttemptAt: time
      .nullable()
      .describe('While pending, if the endpoint does not fail as a whole (see its retryAt)'),
    responseStatus: z.int().nullable(),
    durationMs: z.int().nullable(),
    response: z.string().nullable().describe('The first bytes of the answer to the last attempt'),
    error: z.string().nullable(),
  })
  .meta({ id: 'WebhookDelivery' })
export type Delivery = z.infer<typeof delivery>

export const MAX_LISTED_DELIVERIES = 100
export const listDeliveries = z.object({
  status: z.enum(DELIVERY_STATUSES).optional(),
  before: z.coerce.number().int().min(1).optional().describe('Only events before this sequence'),
  limit: z.coerce.number().int().min(1).max(MAX_LISTED_DELIVERIES).default(50),
})
export type ListDeliveries = z.infer<typeof listDeliveries>

export const MAX_REPLAYED = 1_000
const sequence = z.int().min(1)
export const replayDeliveries = z
  .strictObject({
    sequence: sequence.optional().describe('Replays the delivery of one event'),
    from: sequence.optional().describe('With `to`: replays a range'),
    to: sequence.optional(),
    failedSince: z.iso
      .datetime()
      .optional()
      .describe(
        'Replays the deliveries that failed for good and whose last attempt was since then',
      ),
  })
  .superRefine((replay, context) => {
    const given = Object.keys(replay).filter((key) => replay[key as 'from'] !== undefined)
    if (!['sequence', 'from,to', 'failedSince'].includes(given.join(','))) {
      context.addIssue({
        code: 'custom',
        message: 'Send sequence, or from and to, or failedSince.',
      })
    }
  })
  .meta({ id: 'ReplayDeliveries' })
export type ReplayDeliveries = z.infer<typeof replayDeliveries>

/** The answer to one request to a receiver. */
export const testResult = z.object({
  delivered: z.boolean(),
  responseStatus: z.int().nullable(),
  durationMs: z.int(),
  response: z.string().nullable(),
  error: z.string().nullable(),
})
export type TestResult = z.infer<typeof testResult>

/** A job in a payload: without its plan, which only the API shows. */
const payloadJob = job.omit({ plan: true, etaSeconds: true, fps: true, speed: true })
export type PayloadJob = z.infer<typeof payloadJob>

/** The headers of a message, which the libraries of Standard Webhooks check. */
export const webhookHeaders = z.object({
  'webhook-id': z.string().describe('Id of the message, the same for each attempt: evt_4711'),
  'webhook-timestamp': z.string().describe('Time of the attempt, in seconds since 1970'),
  'webhook-signature': z
    .string()
    .describe('v1,… of `{webhook-id}.{webhook-timestamp}.{body}`; several during a rotation'),
})

/** The body of a message, after the Standard Webhooks specification 1.0. */
export const webhookPayload = z
  .object({
    type: z.string(),
    timestamp: time.describe('Time of the event'),
    data: z.object({
      sequence: z
        .int()
        .describe('Sequence number of the event. Of two events of a job, the higher one is newer'),
      jobId: z.string().optional(),
      queue: z.string().optional(),
      filePath: z.string().optional(),
      status: z.string().optional().describe('The status after the event'),
      error: z.string().optional().describe('The error of a failed attempt'),
      webhookId: z.string().optional().describe('For webhook.disabled'),
      reason: z.string().optional().describe('For webhook.disabled'),
      job: payloadJob
        .nullable()
        .optional()
        .describe('The job when the message was made; null if it was deleted'),
      truncated: z.literal(true).optional().describe('The job lacks input and output'),
    }),
  })
  .meta({ id: 'WebhookPayload' })
export type WebhookPayload = z.infer<typeof webhookPayload>
