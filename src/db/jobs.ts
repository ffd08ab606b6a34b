/** Statements on jobs that only read or create. The changes of state are in `jobChanges.ts`. */
import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import type { CreateJobs } from '../contract/job.ts'
import { UNRESTRICTED, type Restriction } from '../domain/caller.ts'
import { type Database, statement } from './database.ts'
import { attempts, idempotencyKeys, jobs, queues } from './schema/index.ts'
import { isVisibleJob } from './accessConditions.ts'
import type { JobRow, QueueRow, ReferenceFile } from './rows.ts'

export interface NewJob {
  id: string
  transformation: string
  priority: number
  requiredEncoders: string[]
  sizeClass: number
  referenceFiles: ReferenceFile[]
}
interface NewJobs extends Pick<
  CreateJobs,
  'filePath' | 'queue' | 'maxAttempts' | 'timeoutSeconds' | 'stallSeconds'
> {
  jobs: NewJob[]
  source: { etag: string; sizeBytes: number }
  idempotency: { key: string; requestHash: string } | null
  /** The API key that makes them, and how many of its jobs may be pending at once. */
  keyId: string | null
  maxQueued: number | null
  now: number
}

/**
 * Inserts one pending job for each variant that has none at work, in one transaction, and gives
 * back the active job of every variant asked for, and the queue. A row whose id is not among the
 * new ones was there before. No queue: nothing was inserted; nor was it where the key's cap would
 * be passed, which is looked at in the same statement.
 */
export async function insertJobs(
  db: Database,
  n: NewJobs,
): Promise<{ rows: JobRow[]; queue: QueueRow | undefined }> {
  const asked = JSON.stringify(n.jobs)
  const belowCap =
    n.maxQueued === null
      ? sql``
      : sql`AND ${n.maxQueued} >=
      (SELECT count(*) FROM jobs WHERE api_key_id = ${n.keyId} AND status = 'pending') +
      (SELECT count(*) FROM json_each(${asked}) AS more WHERE NOT EXISTS (
        SELECT 1 FROM jobs AS active WHERE active.file_path = ${n.filePath}
          AND active.transformation = more.value ->> 'transformation'
          AND active.status IN ('pending', 'running')))`
  const insert = statement(
    db,
    sql`
    INSERT INTO jobs (id, queue, file_path, transformation, priority, source_etag, source_bytes, created_at,
      required_encoders, size_class, reference_files, api_key_id, max_attempts, lease_seconds, stall_seconds,
      timeout_seconds)
    SELECT new.value ->> 'id', q.name, ${n.filePath}, new.value ->> 'transformation',
      new.value ->> 'priority', ${n.source.etag}, ${n.source.sizeBytes}, ${n.now},
      new.value ->> 'requiredEncoders', new.value ->> 'sizeClass', new.value ->> 'referenceFiles',
      ${n.keyId}, coalesce(${n.maxAttempts ?? null}, q.max_attempts), q.lease_seconds,
      coalesce(${n.stallSeconds ?? null}, q.stall_seconds),
      coalesce(${n.timeoutSeconds ?? null}, q.timeout_seconds)
    FROM json_each(${asked}) AS new, queues AS q
    WHERE q.name = ${n.queue} AND NOT q.draining ${belowCap}
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
          jobs.transformation,
          n.jobs.map((job) => job.transformation),
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
  // A request that is refused is not remembered: some of its variants have no job.
  const remember = statement(
    db,
    sql`
    INSERT INTO idempotency_keys (key, request_hash, job_ids, created_at)
    SELECT ${n.idempotency.key}, ${n.idempotency.requestHash}, json_group_array(id), ${n.now}
    FROM jobs
    WHERE file_path = ${n.filePath} AND status IN ('pending', 'running')
      AND transformation IN (SELECT value ->> 'transformation' FROM json_each(${asked}))
      AND EXISTS (SELECT 1 FROM queues WHERE name = ${n.queue})
    HAVING count(*) = ${n.jobs.length}`,
  )
  const [, rows, found] = await db.batch([insert, active, queue, remember])
  return { rows, queue: found[0] }
}

/** What was answered to this key before, or undefined. */
export function findIdempotencyKey(db: Database, key: string) {
  return db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key)).get()
}

export function findJob(
  db: Database,
  id: string,
  within: Restriction = UNRESTRICTED,
): Promise<JobRow | undefined> {
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), isVisibleJob(within)))
    .get()
}

export function findJobs(db: Database, ids: string[]): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(sql`${jobs.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`)
}

/** The newest job of a file, or of one variant of it. */
export function findNewestJob(
  db: Database,
  filePath: string,
  variant: string | null,
  within: Restriction = UNRESTRICTED,
): Promise<JobRow | undefined> {
  const ofVariant = variant === null ? undefined : eq(jobs.transformation, variant)
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.filePath, filePath), ofVariant, isVisibleJob(within)))
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

/** Removes a job for good; its events stay. Gives back what it was, or undefined. */
export function deleteJobRow(db: Database, id: string, within: Restriction = UNRESTRICTED) {
  return db
    .delete(jobs)
    .where(and(eq(jobs.id, id), isVisibleJob(within)))
    .returning()
    .then((rows): JobRow | undefined => rows[0])
}
