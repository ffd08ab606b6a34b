/** Statements on queues: settings, and those of the watchdog. */
import { and, eq, getTableColumns, lte, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { jobs, queues } from './schema/index.ts'
import { NO_DUE_TIME } from './schema/jobs.ts'
import type { JobRow, QueueRow } from './rows.ts'

const { totals: _, ...COLUMNS } = getTableColumns(queues)

export function listQueues(db: Database): Promise<QueueRow[]> {
  return db.select(COLUMNS).from(queues)
}

export function findQueue(db: Database, name: string): Promise<QueueRow | undefined> {
  return db.select(COLUMNS).from(queues).where(eq(queues.name, name)).get()
}

/** Changes a queue's settings. Returns its row, or undefined if the queue does not exist. */
export function updateQueue(
  db: Database,
  name: string,
  settings: Partial<QueueRow>,
): Promise<QueueRow | undefined> {
  return db
    .update(queues)
    .set(settings)
    .where(eq(queues.name, name))
    .returning(COLUMNS)
    .then((rows) => rows[0])
}

/** Creates a queue with the default settings, unless it exists. */
export async function insertQueue(db: Database, name: string): Promise<void> {
  await db.insert(queues).values({ name }).onConflictDoNothing()
}

/** Running jobs of a queue whose lease has expired at `now`, at most 100. */
export function listExpiredLeases(db: Database, queue: string, now: number): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.queue, queue), sql`status = 'running'`, lte(jobs.leaseExpiresAt, now)))
    .limit(100)
}

/**
 * Returns true if the queue has a pending job that is not delayed. The index is named because
 * SQLite would otherwise read the delayed jobs too.
 */
export async function hasReadyJob(db: Database, queue: string): Promise<boolean> {
  const rows = await db.all(sql`
    SELECT 1 FROM jobs INDEXED BY jobs_ready
    WHERE queue = ${queue} AND status = 'pending' AND run_after IS NULL LIMIT 1`)
  return rows.length > 0
}

/**
 * Returns the time of the earliest lease expiry or delayed retry (ms); null if there is neither.
 * The query reads few rows: `concurrency` limits the running jobs, and delayed jobs have an index.
 */
export async function findNextDeadline(db: Database, queue: string): Promise<number | null> {
  const [row] = await db.all<{ at: number | null }>(sql`
    SELECT min(at) AS at FROM (
      SELECT min(lease_expires_at) AS at FROM jobs WHERE queue = ${queue} AND status = 'running'
      UNION ALL
      SELECT min(run_after) FROM jobs
      WHERE queue = ${queue} AND run_after IS NOT NULL AND run_after < ${NO_DUE_TIME})`)
  return row?.at ?? null
}

/** Makes at most 100 retries that are due at `now` claimable. Returns their number. */
export async function releaseDueRetries(db: Database, queue: string, now: number): Promise<number> {
  const result = await db.run(releaseDueRetriesStatement(queue, now))
  return result.meta.changes
}

/** Limited to 100 retries, so that the cost does not depend on the number of due retries. */
export function releaseDueRetriesStatement(queue: string, now: number) {
  return sql`
  UPDATE jobs SET run_after = NULL WHERE seq IN (
    SELECT seq FROM jobs WHERE queue = ${queue} AND run_after <= ${now} LIMIT 100)`
}
