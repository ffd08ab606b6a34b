/** The statements behind the metrics. */
import { sql } from 'drizzle-orm'
import type { JobStatus } from '../contract/jobStatus.ts'
import { type Database, statement } from './database.ts'
import { oldestPendingAt } from './queueStats.ts'
import { JOB_URLS } from './schema/index.ts'
import { addMadeVariants, selectStorageTotals } from './storageTotals.ts'

export interface QueueMetrics extends Record<JobStatus, number> {
  name: string
  split: number
  pendingChunks: number
  runningChunks: number
  /** Creation time of the oldest pending job (ms since the epoch). */
  oldestPendingAt: number | null
  totals: Record<string, number>
}

/** Without the origins of job URLs: they come and go, and there can be many. */
export interface WebhookMetrics {
  id: string
  delivered: number
  failedAttempts: number
  /** ms since the epoch */
  failingSince: number | null
  disabledAt: number | null
}

/**
 * Reads the counters of one queue, or (null) of all queues, those of their webhook endpoints, the totals of
 * what is stored, and the size of the database, which D1 reports with every result. Reads a few rows for
 * each queue and endpoint.
 */
export async function readQueueMetrics(db: Database, queue: string | null) {
  const ofQueues = sql`
    SELECT name, pending, running, completed, error, cancelled, split,
      pending_chunks AS pendingChunks, running_chunks AS runningChunks, totals,
      ${oldestPendingAt} AS oldestPendingAt
    FROM queues WHERE ${queue} IS NULL OR name = ${queue} ORDER BY name`
  const ofWebhooks = sql`
    SELECT id, delivered, failed_attempts AS failedAttempts, failing_since AS failingSince,
      disabled_at AS disabledAt
    FROM webhook_endpoints
    WHERE for_jobs = 0 AND deleted_at IS NULL AND id <> ${JOB_URLS}
      AND (${queue} IS NULL OR queue = ${queue})
    ORDER BY id`
  const [{ results, meta }, webhooks, totals] = await db.batch([
    statement(db, ofQueues),
    statement(db, ofWebhooks),
    selectStorageTotals(db),
  ])
  const rows = results as unknown as (Omit<QueueMetrics, 'totals'> & { totals: string })[]
  const queues = rows.map((row) => ({ ...row, totals: JSON.parse(row.totals) }) as QueueMetrics)
  return {
    queues,
    webhooks: webhooks.results as unknown as WebhookMetrics[],
    storage: addMadeVariants(totals[0]!, queues),
    databaseBytes: meta.size_after,
  }
}
