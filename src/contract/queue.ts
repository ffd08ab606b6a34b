/** Queues: their names, their settings, and how the API returns them. */
import { z } from 'zod'
import { quoteWithOther } from './quote.ts'
import { jobCounts } from './jobStatus.ts'
import { limit, QUEUE_LIMITS } from './limits.ts'

export const queueName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
  error: ({ input }) =>
    `A queue name has 1 to 63 of the characters a-z, 0-9, _ and -, and begins with a letter or a digit (got ${quoteWithOther(String(input), /[a-z0-9_-]/)}).`,
})

export const DEFAULT_QUEUE = 'default'

const limits = {
  concurrency: limit(QUEUE_LIMITS.concurrency).describe(
    'Maximum number of runners that work at the same time, each on a job or on a chunk of one',
  ),
  leaseSeconds: limit(QUEUE_LIMITS.leaseSeconds).describe(
    'Seconds without a report from the runner after which the lease of a job expires and its attempt fails',
  ),
  maxAttempts: limit(QUEUE_LIMITS.maxAttempts).describe(
    'Maximum number of attempts of a job; the request of a job can set another value',
  ),
  stallSeconds: limit(QUEUE_LIMITS.stallSeconds).describe(
    'Seconds without progress after which ffmpeg counts as stalled; the request of a job can set another value',
  ),
  timeoutSeconds: limit(QUEUE_LIMITS.timeoutSeconds).describe(
    'Maximum duration of one attempt in seconds; the request of a job can set another value',
  ),
  chunkSeconds: limit(QUEUE_LIMITS.chunkSeconds).describe(
    'Duration of the chunks into which an encode is split if its output is at least twice as long, in seconds; 0: never. The request of a job can set another value',
  ),
  maxChunksAtOnce: limit(QUEUE_LIMITS.maxChunksAtOnce).describe(
    'Maximum number of chunks of one job that runners make at the same time; the request of a job can set another value',
  ),
}

export const queue = z
  .object({
    name: z.string(),
    paused: z.boolean().describe('New jobs are accepted, and no job is started'),
    draining: z.boolean().describe('Existing jobs run, and new jobs are rejected'),
    ...limits,
    ...jobCounts,
    split: z.int().describe('Running jobs that are split: runners make their chunks'),
    pendingChunks: z.int().describe('Chunks of split jobs that wait for a runner'),
    runningChunks: z.int().describe('Chunks of split jobs that runners are making'),
  })
  .meta({ id: 'Queue' })

/**
 * `paused`, `draining` and `concurrency` apply immediately, the other settings to jobs that are
 * created afterwards.
 */
export const queueSettings = z
  .strictObject({ paused: z.boolean(), draining: z.boolean(), ...limits })
  .partial()
  .meta({ id: 'QueueSettings' })
export type QueueSettings = z.infer<typeof queueSettings>
