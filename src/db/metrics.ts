/** The statement behind the metrics. */
import { sql } from 'drizzle-orm'
import type { JobStatus } from '../contract/jobStatus.ts'
import type { Database } from './database.ts'
import { oldestPendingAt } from './queueStats.ts'

export interface QueueMetrics extends Record<JobStatus, number> {
  name: string
  split: number
  pendingChunks: number
  runningChunks: number
  /** Creation time of the oldest pending job (ms since the epoch). */
  oldestPendingAt: number | null
  totals: Record<string, number>
}

/**
 * Reads the counters of one queue, or (null) of all queues, and the size of the database, which D1
 * reports with every result. Reads a few rows for each queue.
 */
export async function readQueueMetrics(db: Database, queue: string | null) {
  const { results, meta } = await db.run(sql`
    SELECT name, pending, running, completed, error, cancelled, split,
      pending_chunks AS pendingChunks, running_chunks AS runningChunks, totals,
      ${oldestPendingAt} AS oldestPendingAt
    FROM queues WHERE ${queue} IS NULL OR name = ${queue} ORDER BY name`)
  const rows = results as unknown as (Omit<QueueMetrics, 'totals'> & { totals: string })[]
  return {
    queues: rows.map((row) => ({ ...row, totals: JSON.parse(row.totals) }) as QueueMetrics),
    databaseBytes: meta.size_after,
  }
}
