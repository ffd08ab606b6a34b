/** Limits of queues and jobs: bounds that requests are checked against, and defaults. */
import { z } from 'zod'

interface Limit {
  min: number
  max: number
  default: number
}

/** Limits of a queue. The columns of the table `queues` take their defaults from here. */
export const QUEUE_LIMITS = {
  concurrency: { min: 0, max: 1_000, default: 4 },
  leaseSeconds: { min: 5, max: 600, default: 30 },
  maxAttempts: { min: 1, max: 20, default: 3 },
  stallSeconds: { min: 1, max: 3_600, default: 60 },
  timeoutSeconds: { min: 1, max: 86_400, default: 4 * 3_600 },
  chunkSeconds: { min: 0, max: 3_600, default: 30 },
  maxChunksAtOnce: { min: 1, max: 1_000, default: 16 },
} as const satisfies Record<string, Limit>

/** The limits of a queue that a request can replace for its jobs. */
export const JOB_LIMITS = [
  'maxAttempts',
  'timeoutSeconds',
  'stallSeconds',
  'chunkSeconds',
  'maxChunksAtOnce',
] as const
export type JobLimit = (typeof JOB_LIMITS)[number]

/**
 * Priority of a job; the lowest number is claimed first. `image` is the default of images and
 * probes, which are quick and for which users wait. `visitor` is added to the default for jobs of
 * visitors, so that all other priorities precede theirs.
 */
export const PRIORITY = { min: 0, max: 100, default: 2, image: 1, visitor: 100 } as const

/** Returns the schema of an integer within the bounds of a limit. */
export function limit({ min, max }: Pick<Limit, 'min' | 'max'>) {
  return z.int().min(min).max(max)
}
