/** Statements of the cleaner on webhooks. */
import { sql } from 'drizzle-orm'
import { type Database, statement } from './database.ts'
import { JOB_URLS } from './schema/index.ts'

/**
 * Deletes up to `limit` deliveries: those of deleted endpoints, and those of events that are no longer in
 * the log and that were queued before `before` (ms) and do not wait at an enabled endpoint. Returns their
 * number.
 */
export async function deleteDeliveries(
  db: Database,
  before: number,
  limit: number,
): Promise<number> {
  const result = await db.run(sql`
    DELETE FROM webhook_deliveries WHERE (endpoint_id, seq) IN (
      SELECT d.endpoint_id, d.seq FROM webhook_endpoints AS e
      CROSS JOIN webhook_deliveries AS d ON d.endpoint_id = e.id
        AND (e.deleted_at IS NOT NULL OR d.seq < coalesce((SELECT min(seq) FROM events), 9e15))
      WHERE e.deleted_at IS NOT NULL OR (d.queued_at < ${before}
        AND (d.next_attempt_at IS NULL OR e.disabled_at IS NOT NULL))
      LIMIT ${limit})`)
  return result.meta.changes
}

/**
 * Deletes the URLs of jobs that were deleted before `before` (ms), deleted endpoints without deliveries,
 * and origins that no job names and that have no deliveries.
 */
export async function deleteUnusedEndpoints(db: Database, before: number): Promise<void> {
  await db.batch([
    statement(db, sql`DELETE FROM job_webhooks WHERE job_deleted_at < ${before}`),
    statement(
      db,
      sql`
    DELETE FROM webhook_endpoints
    WHERE (deleted_at IS NOT NULL OR for_jobs OR id = ${JOB_URLS})
      AND NOT EXISTS (SELECT 1 FROM webhook_deliveries WHERE endpoint_id = webhook_endpoints.id)
      AND (deleted_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM job_webhooks
        WHERE webhook_endpoints.id = ${JOB_URLS} OR endpoint_id = webhook_endpoints.id))`,
    ),
  ])
}
