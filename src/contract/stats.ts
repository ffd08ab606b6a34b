/** Statistics of jobs as the API returns them, and the queries of their routes. */
import { z } from 'zod'
import { jobCounts } from './jobStatus.ts'
import { queueName } from './queue.ts'

const time = z.iso.datetime({ precision: 3 })

const outcomes = {
  completed: z.int(),
  failed: z.int(),
  mediaSeconds: z.number().describe('Total duration of the outputs in seconds'),
  processingSeconds: z
    .number()
    .describe('Total time in seconds of the attempts that completed or finally failed a job'),
}

const throughput = z.object({ from: time.describe('Start of the hour'), ...outcomes })

const stored = z.object({ count: z.int(), bytes: z.int() })

const partial = z
  .boolean()
  .describe(
    'True for a key with a path prefix under which there are more than 10,000 jobs: the others are not counted',
  )

export const stats = z
  .object({
    ...jobCounts,
    total: z.int(),
    oldestPendingAt: time
      .nullable()
      .describe(
        'Creation time of the oldest pending job, also if it waits for a retry; null without one',
      ),
    activeRunners: z
      .int()
      .describe('Number of attempts that runners are making now, of jobs and of chunks'),
    throughput: z.object({ thisHour: throughput, lastHour: throughput }),
    storage: z
      .object({
        originals: stored.describe('Files that were stored through the service'),
        variants: stored.describe('Variants that are served, packages included'),
      })
      .nullable()
      .describe(
        'Number and bytes of the stored files; null for one queue, and for a restricted key',
      ),
    partial,
  })
  .meta({ id: 'Stats' })
export type Stats = z.infer<typeof stats>

/** The cleaner deletes statistics with the jobs, after JOB_RETENTION_DAYS. */
const MAX_HISTORY_HOURS = 31 * 24

export const INTERVALS = ['hour', 'day'] as const

export const historyQuery = z.object({
  queue: queueName.optional(),
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_HISTORY_HOURS)
    .default(24)
    .describe('Number of hours up to now, the current one included'),
  interval: z
    .enum(INTERVALS)
    .default('hour')
    .describe('Duration of each entry. Days are those of UTC; the first one is counted whole'),
})
export type HistoryQuery = z.infer<typeof historyQuery>

export const history = z
  .object({
    interval: z.enum(INTERVALS),
    entries: z
      .array(z.object({ from: time.describe('Start of the hour or the day'), ...outcomes }))
      .describe('Oldest first, without gaps; the last one is not over yet'),
    partial,
  })
  .meta({ id: 'History' })
export type History = z.infer<typeof history>
