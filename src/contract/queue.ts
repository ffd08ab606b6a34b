/** Queues as callers see them, and what of one can be changed. */
import { z } from 'zod'

const limits = {
  concurrency: z.int().min(0).max(1_000).describe('How many of its jobs may run at once'),
  leaseSeconds: z
    .int()
    .min(5)
    .max(600)
    .describe('How long a runner may be silent before its job goes to another'),
  maxAttempts: z.int().min(1).max(20).describe('Tries that a new job gets'),
  stallSeconds: z
    .int()
    .min(1)
    .max(3_600)
    .describe('ffmpeg without progress for so long is stalled'),
  timeoutSeconds: z.int().min(1).max(86_400).describe('The longest that one attempt may take'),
}

export const queue = z
  .object({
    name: z.string(),
    paused: z.boolean().describe('It takes jobs and runs none'),
    draining: z.boolean().describe('It runs what it has and takes no new jobs'),
    ...limits,
    pending: z.int(),
    running: z.int(),
    completed: z.int(),
    error: z.int(),
    cancelled: z.int(),
  })
  .meta({ id: 'Queue' })

/** Limits of jobs hold for jobs created from then on; the others hold at once. */
export const queueSettings = z
  .strictObject({ paused: z.boolean(), draining: z.boolean(), ...limits })
  .partial()
  .meta({ id: 'QueueSettings' })
export type QueueSettings = z.infer<typeof queueSettings>
