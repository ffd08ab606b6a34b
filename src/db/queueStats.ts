/** Statements that read the counters and the hourly statistics of queues. */
import { and, eq, getTableColumns, gte, inArray, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Database } from './database.ts'
import { queueHourlyStats, queues } from './schema/index.ts'
import { addMadeVariants, selectStorageTotals } from './storageTotals.ts'

/**
 * Creation time of the oldest pending job of the queue at hand. It reads the pending chunks that are
 * older too, because they are in the same index.
 */
export const oldestPendingAt = sql<number | null>`(
  SELECT created_at FROM jobs
  WHERE jobs.queue = queues.name AND jobs.status = 'pending' AND jobs.parent_id IS NULL
  ORDER BY jobs.seq LIMIT 1)`

/** @param name null for all queues */
function isSelected(db: Database, name: string | null) {
  return name === null
    ? inArray(queueHourlyStats.queue, db.select({ name: queues.name }).from(queues))
    : eq(queueHourlyStats.queue, name)
}

export interface HourlyStats {
  hour: number
  completed: number
  failed: number
  mediaMs: number
  processingMs: number
}

/**
 * Reads the counters and the hourly statistics from `since` (ms) on of one queue, or (null) of all
 * queues and the totals of what is stored. The statistics are a column of each queue, so that no row
 * is read twice.
 */
export async function readQueueCounters(db: Database, name: string | null, since: number) {
  const hours = sql`(
    SELECT json_group_array(json_object('hour', hour, 'completed', completed, 'failed', failed,
      'mediaMs', media_ms, 'processingMs', processing_ms))
    FROM queue_hourly_stats WHERE queue = queues.name AND hour >= ${since})`
  const counters = db
    .select({
      ...getTableColumns(queues),
      oldestPendingAt,
      hours: hours.mapWith((json: string) => JSON.parse(json) as HourlyStats[]),
    })
    .from(queues)
    .where(name === null ? undefined : eq(queues.name, name))
  if (name !== null) {
    return { queues: await counters, storage: null }
  }
  const [rows, totals] = await db.batch([counters, selectStorageTotals(db)])
  const parsed = rows.map((row) => ({
    totals: JSON.parse(row.totals) as Record<string, number>,
  }))
  return { queues: rows, storage: addMadeVariants(totals[0]!, parsed) }
}

/**
 * Reads the statistics of one queue, or (null) the sums of all queues, from `since` (ms) on, in one
 * round trip. Intervals without an ended job have no row. `hasQueue` is false if the queue does not
 * exist.
 */
export async function readQueueHistory(
  db: Database,
  name: string | null,
  since: number,
  intervalMs: number,
) {
  const { hour, completed, failed, mediaMs, processingMs } = queueHourlyStats
  const total = (column: SQLiteColumn) => sql<number>`sum(${column})`
  const [found, rows] = await db.batch([
    db
      .select({ name: queues.name })
      .from(queues)
      .where(name === null ? undefined : eq(queues.name, name))
      .limit(1),
    db
      .select({
        from: sql<number>`${hour} / ${sql.raw(String(intervalMs))} * ${sql.raw(String(intervalMs))}`,
        completed: total(completed),
        failed: total(failed),
        mediaMs: total(mediaMs),
        processingMs: total(processingMs),
      })
      .from(queueHourlyStats)
      .where(and(isSelected(db, name), gte(hour, since)))
      .groupBy(sql`1`),
  ])
  return { hasQueue: found.length > 0, rows }
}
