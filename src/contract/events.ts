/**
 * The events that the hubs send for `GET /queue/events`. The Worker adds `connected`, `heartbeat`
 * and `unavailable`. Durable events are rows of the event log; the other events are not stored.
 */
import { z } from 'zod'
import { jobStatus, percent } from './jobStatus.ts'

export const DURABLE_EVENTS = [
  'job:created',
  'job:started',
  'job:playable',
  'job:completed',
  'job:error',
  'job:retrying',
  'job:cancelled',
  'job:deleted',
] as const
export const durableEventType = z.enum(DURABLE_EVENTS)
export type DurableEventType = z.infer<typeof durableEventType>

/**
 * The `data` of a durable event. `job:created` has `priority`. `job:error` has `error`, and so does
 * `job:retrying` after a failed attempt.
 */
export const durableEventData = z.object({
  jobId: z.string(),
  filePath: z.string(),
  status: jobStatus.or(z.literal('deleted')),
  priority: z.int().optional(),
  error: z.string().optional(),
})

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
