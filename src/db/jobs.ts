/**
 * Statements that create, read and delete jobs. Claims are in `leases.ts`, other changes of status
 * in `jobTransitions.ts`, lists in `jobList.ts`, the newest job of a file in `newestJob.ts`.
 */
import { and, desc, eq, exists, type SQL, sql } from 'drizzle-orm'
import type { JobDestination } from '../contract/destination.ts'
import type { CreateJobs } from '../contract/job.ts'
import type { JobLimit } from '../contract/limits.ts'
import type { Restriction } from '../domain/caller.ts'
import { ACTIVE_STATUSES, QUEUED_STATUSES } from '../domain/jobTransitions.ts'
import { type Database, isListed, sqlList, statement } from './database.ts'
import { hasStatus } from './schema/columns.ts'
import { attempts, idempotencyKeys, jobs, queues } from './schema/index.ts'
import { NO_DUE_TIME } from './schema/jobs.ts'
import { isVisibleJob } from './accessConditions.ts'
import {
  findImportStatement,
  insertImport,
  isImported,
  isImportFree,
  type NewImport,
} from './imports.ts'
import { type JobReceiver, recordReceiver } from './webhooks.ts'
import { isBelowVisitorMaximum, takeOverVisitorJobs } from './visitorRequests.ts'
import { CHANGED_COLUMNS, SHOWN_COLUMNS } from './jobColumns.ts'
import type {
  AttemptRow,
  ChangedJob,
  ImportRow,
  JobRow,
  QueueRow,
  ReferenceFile,
  ShownJob,
} from './rows.ts'

export interface NewJob {
  id: string
  transformation: string
  priority: number
  requiredEncoders: string[]
  sizeClass: number
  referenceFiles: ReferenceFile[]
  destination: JobDestination | null
}
interface NewJobs extends Pick<
  CreateJobs,
  'filePath' | 'queue' | 'destination' | 'tags' | 'metadata' | JobLimit
> {
  jobs: NewJob[]
  source: { etag: string; sizeBytes: number }
  idempotency: { key: string; requestHash: string } | null
  /** The API key that creates the jobs; null for the root key and visitors. */
  apiKeyId: string | null
  /** Maximum number of pending jobs of that key; null for no limit. */
  maxQueuedJobs: number | null
  /**
   * Null unless the caller creates jobs as a visitor. Then it is the maximum number of pending jobs
   * of all visitors.
   */
  maxVisitorJobs: number | null
  /** The restriction of the caller. */
  restriction: Restriction
  /** Receives the events of the jobs, also of those that existed before. */
  receiver?: JobReceiver
  /** The jobs wait for this import of their file. */
  newImport?: NewImport
  now: number
}

/**
 * Inserts a pending job for each variant that has no active job (pending or running). Returns the
 * active jobs of the requested variants, and the queue, as they are after the insertion. A returned
 * job existed before if its id is not one of the ids in `request.jobs`. Nothing is inserted if the
 * queue does not exist (`queue` is undefined), if it is draining, if the API key would exceed
 * `maxQueuedJobs`, if visitors already have `maxVisitorJobs` pending jobs, or if one of the active
 * jobs is in a queue that the caller cannot see, or has another destination than the requested one. If the caller does not create jobs as a visitor,
 * the active jobs of visitors that it requests become ordinary jobs. With `newImport`, nothing is inserted
 * if the path has an active import from another URL. The latest import to the path is returned.
 */
export async function insertJobs(
  db: Database,
  request: NewJobs,
): Promise<{ rows: JobRow[]; queue: QueueRow | undefined; latestImport?: ImportRow | undefined }> {
  const requested = JSON.stringify(request.jobs)
  const { newImport } = request
  const isFree = newImport ? sql`AND ${isImportFree(request.filePath, newImport)}` : sql``
  // A job that exists already must store its variant at the same destination.
  const isNoneElsewhere =
    request.destination === undefined
      ? sql``
      : sql`AND NOT EXISTS (
        SELECT 1 FROM jobs AS other, json_each(${requested}) AS requested
        WHERE other.file_path = ${request.filePath}
          AND other.transformation = requested.value ->> 'transformation'
          AND other.status IN ${sqlList(ACTIVE_STATUSES)}
          AND other.destination IS NOT requested.value ->> 'destination')`
  const isAccepted = sql`${newImport ? sql`AND ${isImported(request.filePath, newImport)}` : sql``}
    ${isNoneElsewhere}`
  const isBelowMaximum =
    request.maxQueuedJobs === null
      ? sql``
      : sql`AND ${request.maxQueuedJobs} >=
      (SELECT count(*) FROM jobs WHERE api_key_id = ${request.apiKeyId} AND ${hasStatus(QUEUED_STATUSES)}) +
      (SELECT count(*) FROM json_each(${requested}) AS requested WHERE NOT EXISTS (
        SELECT 1 FROM jobs AS active WHERE active.file_path = ${request.filePath}
          AND active.transformation = requested.value ->> 'transformation'
          AND active.status IN ${sqlList(ACTIVE_STATUSES)}))`
  const isVisitor = request.maxVisitorJobs !== null
  const isVisitorAllowed = isVisitor
    ? sql`AND ${isBelowVisitorMaximum(request.maxVisitorJobs!)}`
    : sql``
  const { queue: visibleQueue } = request.restriction
  const isNoneHidden =
    visibleQueue === null
      ? sql``
      : sql`AND NOT EXISTS (
        SELECT 1 FROM jobs AS hidden, json_each(${requested}) AS requested
        WHERE hidden.file_path = ${request.filePath}
          AND hidden.transformation = requested.value ->> 'transformation'
          AND hidden.status IN ${sqlList(ACTIVE_STATUSES)}
          AND hidden.queue <> ${visibleQueue})`
  const insert = statement(
    db,
    sql`
    INSERT INTO jobs (id, queue, file_path, transformation, priority, source_etag, source_bytes,
      created_at, required_encoders, size_class, reference_files, api_key_id, last_requested_at,
      max_attempts, lease_seconds, stall_seconds, timeout_seconds, chunk_seconds,
      max_chunks_at_once, destination, tags, metadata, stage, run_after)
    SELECT new.value ->> 'id', q.name, ${request.filePath}, new.value ->> 'transformation',
      new.value ->> 'priority', ${request.source.etag}, ${request.source.sizeBytes}, ${request.now},
      new.value ->> 'requiredEncoders', new.value ->> 'sizeClass', new.value ->> 'referenceFiles',
      ${request.apiKeyId}, ${isVisitor ? request.now : null},
      coalesce(${request.maxAttempts ?? null}, q.max_attempts), q.lease_seconds,
      coalesce(${request.stallSeconds ?? null}, q.stall_seconds),
      coalesce(${request.timeoutSeconds ?? null}, q.timeout_seconds),
      coalesce(${request.chunkSeconds ?? null}, q.chunk_seconds),
      coalesce(${request.maxChunksAtOnce ?? null}, q.max_chunks_at_once),
      new.value ->> 'destination',
      ${JSON.stringify(request.tags ?? [])}, ${JSON.stringify(request.metadata ?? {})},
      ${newImport ? 'import' : null}, ${newImport ? NO_DUE_TIME : null}
    FROM json_each(${requested}) AS new, queues AS q
    WHERE q.name = ${request.queue} AND NOT q.draining ${isBelowMaximum} ${isVisitorAllowed}
      ${isNoneHidden} ${isNoneElsewhere} ${isFree}
    ORDER BY new.key
    ON CONFLICT DO NOTHING`,
  )
  const active = db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.filePath, request.filePath),
        isListed(
          jobs.transformation,
          request.jobs.map((job) => job.transformation),
        ),
        sql`status IN ${sqlList(ACTIVE_STATUSES)}`,
      ),
    )
  const queue = db.select().from(queues).where(eq(queues.name, request.queue))
  const receivers =
    request.receiver === undefined
      ? []
      : recordReceiver(
          db,
          request.receiver,
          {
            filePath: request.filePath,
            variants: requested,
            count: request.jobs.length,
            visibleQueue: request.restriction.queue,
            isAccepted,
          },
          request.now,
        )
  const importStatements = newImport
    ? [insertImport(db, request.filePath, newImport, request.now)]
    : []
  const found = newImport ? [findImportStatement(db, request.filePath)] : []
  const results = await db.batch([
    insert,
    active,
    queue,
    ...importStatements,
    ...recordKey(db, request, requested, isAccepted),
    ...receivers,
    ...found,
  ])
  const rows = await takeOver(db, request, results[1])
  const latestImport = newImport && (results.at(-1) as ImportRow[])[0]
  return { rows, queue: results[2][0], latestImport }
}

/**
 * Records an idempotency key in the same transaction: of two concurrent requests with one key, the
 * second fails and inserts nothing. HAVING excludes a rejected request: at least one of its variants
 * has no job that the caller can see.
 */
function recordKey(db: Database, request: NewJobs, requested: string, isAccepted: SQL) {
  const { idempotency, filePath, restriction } = request
  if (idempotency === null) {
    return []
  }
  return [
    statement(
      db,
      sql`
    INSERT INTO idempotency_keys (key, request_hash, job_ids, created_at)
    SELECT ${idempotency.key}, ${idempotency.requestHash}, json_group_array(id), ${request.now}
    FROM jobs
    WHERE file_path = ${filePath} AND status IN ${sqlList(ACTIVE_STATUSES)}
      AND transformation IN (SELECT value ->> 'transformation' FROM json_each(${requested}))
      AND EXISTS (SELECT 1 FROM queues WHERE name = ${request.queue})
      AND (${restriction.queue} IS NULL OR queue = ${restriction.queue}) ${isAccepted}
    HAVING count(*) = ${request.jobs.length}`,
    ),
  ]
}

/**
 * Applies `takeOverVisitorJobs` to the active jobs, unless the caller creates jobs as a visitor.
 */
async function takeOver(db: Database, request: NewJobs, rows: JobRow[]): Promise<JobRow[]> {
  const isNeeded =
    request.maxVisitorJobs === null && rows.some((row) => row.lastRequestedAt !== null)
  if (!isNeeded) {
    return rows
  }
  const { restriction, filePath, jobs: requested } = request
  const taken = await takeOverVisitorJobs(db, restriction, filePath, requested)
  return rows.map((row) => taken.find(({ seq }) => seq === row.seq) ?? row)
}

/** The request that was made with this key before, or undefined. */
export function findIdempotencyKey(db: Database, key: string) {
  return db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key)).get()
}

/** A job or a chunk that a runner has claimed. */
export function findClaimedRow(db: Database, id: string): Promise<JobRow | undefined> {
  return db.select().from(jobs).where(eq(jobs.id, id)).get()
}

export function findJob(
  db: Database,
  id: string,
  restriction: Restriction,
): Promise<JobRow | undefined> {
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), isVisibleJob(restriction)))
    .get()
}

/** The queue of a job; undefined if there is no such job. */
export async function findQueueOfJob(db: Database, id: string): Promise<string | undefined> {
  const [row] = await db.select({ queue: jobs.queue }).from(jobs).where(eq(jobs.id, id))
  return row?.queue
}

/** Reads jobs as the API returns them, in any order. */
export function findShownJobs(db: Database, ids: string[]): Promise<ShownJob[]> {
  return db.select(SHOWN_COLUMNS).from(jobs).where(isListed(jobs.id, ids))
}

export function findJobs(db: Database, ids: string[]): Promise<JobRow[]> {
  return db.select().from(jobs).where(isListed(jobs.id, ids))
}

/** The statuses of those of the jobs that the caller can see. */
export function findJobStatuses(db: Database, ids: string[], restriction: Restriction) {
  return db
    .select({ id: jobs.id, status: jobs.status })
    .from(jobs)
    .where(and(isListed(jobs.id, ids), isVisibleJob(restriction)))
}

/** Returns whether a file has a job that the caller can see, of any kind. */
export async function hasVisibleJob(db: Database, filePath: string, restriction: Restriction) {
  const found = await db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.filePath, filePath), isVisibleJob(restriction)))
    .limit(1)
  return found.length > 0
}

/**
 * The attempts of a job, latest first, at most 100; undefined if there is no such job that the
 * caller can see.
 */
export async function listAttempts(
  db: Database,
  jobId: string,
  restriction: Restriction,
): Promise<AttemptRow[] | undefined> {
  const visible = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, jobId), isVisibleJob(restriction)))
  const [found, rows] = await db.batch([
    visible,
    db
      .select()
      .from(attempts)
      // Compared with the id itself: by a subquery, the view would read all completed jobs.
      .where(and(eq(attempts.jobId, jobId), exists(visible)))
      .orderBy(desc(attempts.fence))
      .limit(100),
  ])
  return found.length === 0 ? undefined : rows
}

/** Deletes those of the jobs that the caller can see, and returns them. */
export function deleteJobRows(
  db: Database,
  ids: string[],
  restriction: Restriction,
): Promise<ChangedJob[]> {
  return db
    .delete(jobs)
    .where(and(isListed(jobs.id, ids), isVisibleJob(restriction)))
    .returning(CHANGED_COLUMNS)
    .execute()
}
