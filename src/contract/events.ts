/**
 * The events that the hubs send for `GET /queue/events`. The Worker adds `connected`, `heartbeat`
 * and `unavailable`. Durable events are rows of the event log; the other events are not stored.
 */
import { z } from 'zod'
import { errorBody } from './errors.ts'
import { jobStatus, percent } from './jobStatus.ts'

const JOB_EVENTS = [
  'job:created',
  'job:started',
  'job:playable',
  'job:completed',
  'job:error',
  'job:retrying',
  'job:cancelled',
  'job:deleted',
  'job:prioritized',
] as const
export const DURABLE_EVENTS = [...JOB_EVENTS, 'webhook:disabled'] as const
export type DurableEventType = (typeof DURABLE_EVENTS)[number]

/** Descriptions of the events, for the OpenAPI document. */
export const EVENT_DESCRIPTIONS: Record<DurableEventType, string> = {
  'job:created': 'A job was created',
  'job:started': 'A runner has begun an attempt of a job',
  'job:playable': 'A stream can be played while it is still being made',
  'job:completed': 'A job is completed: its variant is ready',
  'job:error': 'A job has failed for good',
  'job:retrying': 'A job is pending again, after a failed attempt or by a request',
  'job:cancelled': 'A job was cancelled',
  'job:deleted': 'The record of a job was deleted',
  'job:prioritized': 'The priority of a job was changed',
  'webhook:disabled': 'The service has disabled a webhook endpoint',
}

/**
 * The `data` of a durable event. `job:created` and `job:prioritized` have `priority`. `job:error` has
 * `error`, and so does `job:retrying` after a failed attempt.
 */
export const durableEventData = z.object({
  jobId: z.string(),
  filePath: z.string(),
  status: jobStatus.or(z.literal('deleted')),
  priority: z.int().optional(),
  error: z.string().optional(),
})

/** The `data` of `webhook:disabled`. */
const webhookDisabledData = z.object({ webhookId: z.string(), reason: z.string() })

const chunkCounts = z.object({
  done: z.int().describe('Number of completed chunks'),
  total: z.int().describe('Number of chunks of the job, `join` included'),
  active: z.int().describe('Number of chunks that runners are making'),
})
export type ChunkCounts = z.infer<typeof chunkCounts>

export const progressData = z.object({
  jobId: z.string(),
  progress: percent,
  stage: z.string(),
  etaSeconds: z.number().nullable(),
  fps: z.number().nullable(),
  speed: z.number().nullable(),
  chunks: chunkCounts.optional().describe('Set for a job that is split into chunks'),
})
export type ProgressData = z.infer<typeof progressData>

/** What `GET /queue/events` sends, for OpenAPI and the types of clients. */
export const queueEvent = z
  .discriminatedUnion('event', [
    z.object({
      event: z.enum(JOB_EVENTS),
      id: z.string().describe('Send it as Last-Event-ID to receive the events after it'),
      data: durableEventData,
    }),
    z.object({
      event: z
        .literal('webhook:disabled')
        .describe(
          'The service has disabled a webhook endpoint. Sent to streams of its queue, or of all',
        ),
      id: z.string(),
      data: webhookDisabledData,
    }),
    z.object({ event: z.literal('job:progress'), data: progressData }),
    z.object({
      event: z.literal('connected'),
      id: z.string().describe('Position in the log of events at which the stream begins'),
      data: z.object({ clientId: z.string() }),
    }),
    z.object({ event: z.literal('heartbeat'), data: z.object({ timestamp: z.number() }) }),
    z.object({
      event: z
        .literal('resync')
        .describe('Events after the requested id may be missing: list the jobs again'),
      data: z.object({ reason: z.string() }),
    }),
    z.object({
      event: z.literal('unavailable').describe('The stream ends. Connect again after `retry`'),
      data: errorBody,
    }),
  ])
  .meta({ id: 'QueueEvent' })
