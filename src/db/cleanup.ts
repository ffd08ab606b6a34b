/**
 * Statements that remove what is old. Each looks at a bounded number of rows, the oldest first,
 * so that a round costs the same however much there is.
 */
import { sql } from 'drizzle-orm'
import { JOB_STATUSES } from '../contract/job.ts'
import { type Database, statement } from './database.ts'

const FINAL = JOB_STATUSES.filter((status) => status !== 'pending' && status !== 'running')

/** How many rows of a kind one round looks at. */
const BATCH = 200

/** Removes finished jobs, with their attempts, that ended before `before` (ms). */
export async function deleteFinishedJobs(db: Database, before: number): Promise<void> {
  const [first, ...rest] = FINAL.map((status) =>
    statement(
      db,
      sql`DELETE FROM jobs WHERE seq IN (
        SELECT seq FROM (SELECT seq, completed_at FROM jobs WHERE status = ${status} ORDER BY seq LIMIT ${BATCH})
        WHERE completed_at < ${before})`,
    ),
  )
  await db.batch([first!, ...rest])
}

/** Removes events from before `before` (ms). */
export async function deleteEvents(db: Database, before: number): Promise<void> {
  await db.run(sql`DELETE FROM events WHERE seq IN (
    SELECT seq FROM (SELECT seq, created_at FROM events ORDER BY seq LIMIT ${BATCH * 5})
    WHERE created_at < ${before})`)
}

/** Forgets idempotency keys from before `before` (ms). */
export async function deleteIdempotencyKeys(db: Database, before: number): Promise<void> {
  await db.run(sql`DELETE FROM idempotency_keys WHERE key IN (
    SELECT key FROM idempotency_keys WHERE created_at < ${before} LIMIT ${BATCH})`)
}

/** Removes a queue's hourly figures from before `before` (ms). */
export async function deleteHours(db: Database, queue: string, before: number): Promise<void> {
  await db.run(sql`DELETE FROM queue_hourly_stats WHERE queue = ${queue} AND hour < ${before}`)
}
