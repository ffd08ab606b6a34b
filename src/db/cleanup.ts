/**
 * Statements of the cleaner, which delete old rows. Those on jobs, events and idempotency keys read
 * a bounded number of rows.
 */
import { sql } from 'drizzle-orm'
import { ACTIVE_STATUSES, FINAL_STATUSES } from '../domain/jobTransitions.ts'
import { type Database, sqlList, statement } from './database.ts'
import { hasStatus } from './schema/columns.ts'

/** Maximum number of rows that a statement deletes; for events five times as many. */
const BATCH_SIZE = 200

/**
 * Reads the oldest jobs of each final status, and deletes those that ended before `before` (ms). A
 * trigger deletes their attempts. The chunks of an active job are kept. Returns the number of changed rows,
 * including those of triggers.
 */
export async function deleteFinishedJobs(db: Database, before: number): Promise<number> {
  const [first, ...rest] = FINAL_STATUSES.map((status) =>
    statement(
      db,
      sql`DELETE FROM jobs WHERE seq IN (
        SELECT seq FROM (
          SELECT seq, completed_at FROM jobs
          WHERE status = ${status} AND ${hasStatus(FINAL_STATUSES)} AND NOT EXISTS (
            SELECT 1 FROM jobs AS parent
            WHERE parent.id = jobs.parent_id AND parent.status IN ${sqlList(ACTIVE_STATUSES)})
          ORDER BY seq LIMIT ${BATCH_SIZE})
        WHERE completed_at < ${before})`,
    ),
  )
  const results = await db.batch([first!, ...rest])
  return results.reduce((deleted, result) => deleted + result.meta.changes, 0)
}

/**
 * Deletes events from before `before` (ms). Those that an enabled webhook endpoint has not been handed are
 * kept until `latest` (ms). Returns their number.
 */
export async function deleteEvents(db: Database, before: number, latest: number): Promise<number> {
  const result = await db.run(sql`DELETE FROM events WHERE seq IN (
    SELECT seq FROM (SELECT seq, created_at FROM events ORDER BY seq LIMIT ${BATCH_SIZE * 5})
    WHERE created_at < ${before} AND (created_at < ${latest} OR seq <= coalesce(
      (SELECT min(cursor) FROM webhook_endpoints
       WHERE for_jobs = 0 AND disabled_at IS NULL AND deleted_at IS NULL), seq)))`)
  return result.meta.changes
}

/** Deletes idempotency keys from before `before` (ms). Returns their number. */
export async function deleteIdempotencyKeys(db: Database, before: number): Promise<number> {
  const result = await db.run(sql`DELETE FROM idempotency_keys WHERE key IN (
    SELECT key FROM idempotency_keys WHERE created_at < ${before} LIMIT ${BATCH_SIZE})`)
  return result.meta.changes
}

/** Deletes the hourly statistics of a queue from before `before` (ms). */
export async function deleteHourlyStats(
  db: Database,
  queue: string,
  before: number,
): Promise<void> {
  await db.run(sql`DELETE FROM queue_hourly_stats WHERE queue = ${queue} AND hour < ${before}`)
}
