/** Statements on jobs that only read or create. The changes of state are in `jobChanges.ts`. */
import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm'
import type { CreateJobs, ListJobs } from '../contract/job.ts'
import { type Database, statement } from './database.ts'
import type { QueueRow } from './queueRows.ts'
import { attempts, idempotencyKeys, jobs, queues } from './schema.ts'

export type JobRow = typeof jobs.$inferSelect
export type AttemptRow = typeof attempts.$inferSelect

export interface NewJob {
  id: string
  variant: string
  priority: number
}
interface NewJobs extends Pick<
  CreateJobs,
  'filePath' | 'queue' | 'maxAttempts' | 'timeoutSeconds' | 'stallSeconds'
> {
  jobs: NewJob[]
  source: { etag: string; sizeBytes: number }
  idempotency: { key: string; requestHash: string } | null
  now: number
}

/**
 * Inserts one pending job for each variant that has none at work, in one transaction, and gives
 * back the active job of every variant asked for, and the queue. A row whose id is not among the
 * new ones was there before. No queue: nothing was inserted.
 */
export async function insertJobs(
  db: Database,
  n: NewJobs,
): Promise<{ rows: JobRow[]; queue: QueueRow | undefined }> {
  const insert = statement(
    db,
    sql`
    INSERT INTO jobs (id, queue, file_path, variant, priority, source_etag, source_bytes, created_at,
      max_attempts, lease_seconds, stall_seconds, timeout_seconds)
    SELECT new.value ->> 'id', q.name, ${n.filePath}, new.value ->> 'variant',
      new.value ->> 'priority', ${n.source.etag}, ${n.source.sizeBytes}, ${n.now},
      coalesce(${n.maxAttempts ?? null}, q.max_attempts), q.lease_seconds,
      coalesce(${n.stallSeconds ?? null}, q.stall_seconds),
      coalesce(${n.timeoutSeconds ?? null}, q.timeout_seconds)
    FROM json_each(${JSON.stringify(n.jobs)}) AS new, queues AS q
    WHERE q.name = ${n.queue} AND NOT q.draining
    ORDER BY new.key
    ON CONFLICT DO NOTHING`,
  )
  const active = db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.filePath, n.filePath),
        inArray(
          jobs.variant,
          n.jobs.map((job) => job.variant),
        ),
        sql`status IN ('pending', 'running')`,
      ),
    )
  const queue = db.select().from(queues).where(eq(queues.name, n.queue))
  if (!n.idempotency) {
    const [, rows, found] = await db.batch([insert, active, queue])
    return { rows, queue: found[0] }
  }
  // In the same transaction: of two requests with one key at once, the second fails whole.
  const remember = statement(
    db,
    sql`
    INSERT INTO idempotency_keys (key, request_hash, job_ids, created_at)
    SELECT ${n.idempotency.key}, ${n.idempotency.requestHash}, json_group_array(id), ${n.now}
    FROM jobs
    WHERE file_path = ${n.filePath} AND status IN ('pending', 'running')
      AND variant IN (SELECT value ->> 'variant' FROM json_each(${JSON.stringify(n.jobs)}))
      AND EXISTS (SELECT 1 FROM queues WHERE name = ${n.queue})
    HAVING count(*) > 0`,
  )
  const [, rows, found] = await db.batch([insert, active, queue, remember])
  return { rows, queue: found[0] }
}

/** What was answered to this key before, or undefined. */
export function findIdempotencyKey(db: Database, key: string) {
  return db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key)).get()
}

export function findJob(db: Database, id: string): Promise<JobRow | undefined> {
  return db.select().from(jobs).where(eq(jobs.id, id)).get()
}

export function findJobs(db: Database, ids: string[]): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(sql`${jobs.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`)
}

/** The newest job of a file, or of one variant of it. */
export function findNewestJob(db: Database, filePath: string, variant: string | null) {
  const ofVariant = variant === null ? undefined : eq(jobs.variant, variant)
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.filePath, filePath), ofVariant))
    .orderBy(desc(jobs.seq))
    .limit(1)
    .get()
}

/** Every claim of a job, the latest first. */
export function listAttempts(db: Database, jobId: string) {
  return db
    .select()
    .from(attempts)
    .where(eq(attempts.jobId, jobId))
    .orderBy(desc(attempts.fence))
    .limit(100)
}

/** Newest first. Without an offset the cost of a page does not depend on how deep it lies. */
export function listJobRows(
  db: Database,
  list: Omit<ListJobs, 'cursor'> & { before: number | null },
): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(
      and(
        list.status === undefined ? undefined : eq(jobs.status, list.status),
        list.queue === undefined ? undefined : eq(jobs.queue, list.queue),
        list.filePath === undefined ? undefined : eq(jobs.filePath, list.filePath),
        list.before === null ? undefined : lt(jobs.seq, list.before),
      ),
    )
    .orderBy(desc(jobs.seq))
    .limit(list.limit)
    .offset(list.offset)
}

/** Removes a job for good; its events stay. Gives back what it was, or undefined. */
export function deleteJobRow(db: Database, id: string) {
  return db
    .delete(jobs)
    .where(eq(jobs.id, id))
    .returning()
    .then((rows): JobRow | undefined => rows[0])
}
