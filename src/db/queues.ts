/** Statements on queues: their limits, their counters, and what their watchdog has to look at. */
import { and, eq, gte, inArray, lte, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { jobs, queueHourlyStats, queues } from './schema/index.ts'
import type { JobRow, QueueRow } from './rows.ts'

export function listQueues(db: Database): Promise<QueueRow[]> {
  return db.select().from(queues)
}

export function findQueue(db: Database, name: string): Promise<QueueRow | undefined> {
  return db.select().from(queues).where(eq(queues.name, name)).get()
}

/** Changes a queue's settings; undefined when there is no such queue. */
export function updateQueue(
  db: Database,
  name: string,
  settings: Partial<QueueRow>,
): Promise<QueueRow | undefined> {
  return db
    .update(queues)
    .set(settings)
    .where(eq(queues.name, name))
    .returning()
    .then((rows) => rows[0])
}

/** Makes a queue with the default settings, where there is none of that name. */
export async function insertQueue(db: Database, name: string): Promise<void> {
  await db.insert(queues).values({ name }).onConflictDoNothing()
}

/** The queues' hourly figures from `since` (ms) on. */
export function listHours(db: Database, names: string[], since: number) {
  return db
    .select()
    .from(queueHourlyStats)
    .where(and(inArray(queueHourlyStats.queue, names), gte(queueHourlyStats.hour, since)))
}

/** Running jobs of a queue whose lease has run out by `now`. */
export function listExpired(db: Database, queue: string, now: number): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.queue, queue), sql`status = 'running'`, lte(jobs.leaseExpiresAt, now)))
    .limit(100)
}

/**
 * Whether a job of the queue waits that could be claimed now, were there a slot. By its index, since
 * SQLite would else walk through the delayed ones.
 */
export async function hasReadyJob(db: Database, queue: string): Promise<boolean> {
  const rows = await db.all(sql`
    SELECT 1 FROM jobs INDEXED BY jobs_ready
    WHERE queue = ${queue} AND status = 'pending' AND run_after IS NULL LIMIT 1`)
  return rows.length > 0
}

/**
 * When the queue next needs a look (ms): the earliest lease expiry or delayed retry, or null.
 * Running jobs are few, as `concurrency` bounds them; the delayed have an index.
 */
export async function findNextDeadline(db: Database, queue: string): Promise<number | null> {
  const [row] = await db.all<{ at: number | null }>(sql`
    SELECT min(at) AS at FROM (
      SELECT min(lease_expires_at) AS at FROM jobs WHERE queue = ${queue} AND status = 'running'
      UNION ALL
      SELECT min(run_after) FROM jobs WHERE queue = ${queue} AND run_after IS NOT NULL)`)
  return row?.at ?? null
}

/** Lets retries that fell due by `now` be claimed; gives back how many. */
export async function releaseDueRetries(db: Database, queue: string, now: number): Promise<number> {
  const result = await db.run(releaseDueStatement(queue, now))
  return result.meta.changes
}

/** At most 100 a time, so that no statement grows with the number of jobs. */
export function releaseDueStatement(queue: string, now: number) {
  return sql`
  UPDATE jobs SET run_after = NULL WHERE seq IN (
    SELECT seq FROM jobs WHERE queue = ${queue} AND run_after <= ${now} LIMIT 100)`
}
