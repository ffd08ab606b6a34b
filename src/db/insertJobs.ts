/** Creates jobs, in one transaction with all that depends on them. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { JobDestination } from '../contract/destination.ts'
import type { CreateJobs } from '../contract/job.ts'
import type { JobLimit } from '../contract/limits.ts'
import type { Restriction } from '../domain/caller.ts'
import { ACTIVE_STATUSES, QUEUED_STATUSES } from '../domain/jobTransitions.ts'
import { type Database, isListed, sqlList, statement } from './database.ts'
import { type IdempotencyKey, recordIdempotencyKey } from './idempotencyKeys.ts'
import {
  findImportStatement,
  insertImport,
  isImported,
  isImportFree,
  type NewImport,
} from './imports.ts'
import type { ImportRow, JobRow, QueueRow, ReferenceFile } from './rows.ts'
import { hasStatus } from './schema/columns.ts'
import { jobs, queues } from './schema/index.ts'
import { NO_DUE_TIME } from './schema/jobs.ts'
import { isBelowVisitorMaximum, takeOverVisitorJobs } from './visitorRequests.ts'
import { type JobReceiver, recordReceiver } from './webhooks.ts'

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
  idempotency: IdempotencyKey | null
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
  const { filePath, newImport, receiver, restriction, idempotency, now } = request
  const isAccepted =
    and(newImport && isImported(filePath, newImport), isNoneElsewhere(request, requested)) ??
    sql`TRUE`
  const variants = {
    filePath,
    variants: requested,
    count: request.jobs.length,
    visibleQueue: restriction.queue,
    isAccepted,
  }
  const results = await db.batch([
    insertStatement(db, request, requested),
    findActive(db, request),
    db.select().from(queues).where(eq(queues.name, request.queue)),
    ...(newImport ? [insertImport(db, filePath, newImport, now)] : []),
    ...(idempotency ? [recordIdempotencyKey(db, idempotency, variants, request)] : []),
    ...(receiver ? recordReceiver(db, receiver, variants, now) : []),
    ...(newImport ? [findImportStatement(db, filePath)] : []),
  ])
  const rows = await takeOver(db, request, results[1])
  const latestImport = newImport && (results.at(-1) as ImportRow[])[0]
  return { rows, queue: results[2][0], latestImport }
}

/** @param requested `request.jobs` as JSON */
function insertStatement(db: Database, request: NewJobs, requested: string) {
  const { filePath, source, newImport, now } = request
  const isInserted = and(
    sql`q.name = ${request.queue}`,
    sql`NOT q.draining`,
    isBelowMaximum(request, requested),
    request.maxVisitorJobs === null ? undefined : isBelowVisitorMaximum(request.maxVisitorJobs),
    isNoneHidden(request, requested),
    isNoneElsewhere(request, requested),
    newImport && isImportFree(filePath, newImport),
  )
  return statement(
    db,
    sql`
    INSERT INTO jobs (id, queue, file_path, transformation, priority, source_etag, source_bytes,
      created_at, required_encoders, size_class, reference_files, api_key_id, last_requested_at,
      max_attempts, lease_seconds, stall_seconds, timeout_seconds, chunk_seconds,
      max_chunks_at_once, destination, tags, metadata, stage, run_after)
    SELECT new.value ->> 'id', q.name, ${filePath}, new.value ->> 'transformation',
      new.value ->> 'priority', ${source.etag}, ${source.sizeBytes}, ${now},
      new.value ->> 'requiredEncoders', new.value ->> 'sizeClass', new.value ->> 'referenceFiles',
      ${request.apiKeyId}, ${request.maxVisitorJobs === null ? null : now},
      coalesce(${request.maxAttempts ?? null}, q.max_attempts), q.lease_seconds,
      coalesce(${request.stallSeconds ?? null}, q.stall_seconds),
      coalesce(${request.timeoutSeconds ?? null}, q.timeout_seconds),
      coalesce(${request.chunkSeconds ?? null}, q.chunk_seconds),
      coalesce(${request.maxChunksAtOnce ?? null}, q.max_chunks_at_once),
      new.value ->> 'destination',
      ${JSON.stringify(request.tags ?? [])}, ${JSON.stringify(request.metadata ?? {})},
      ${newImport ? 'import' : null}, ${newImport ? NO_DUE_TIME : null}
    FROM json_each(${requested}) AS new, queues AS q
    WHERE ${isInserted}
    ORDER BY new.key
    ON CONFLICT DO NOTHING`,
  )
}

function findActive(db: Database, { filePath, jobs: requested }: NewJobs) {
  const transformations = requested.map(({ transformation }) => transformation)
  return db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.filePath, filePath),
        isListed(jobs.transformation, transformations),
        sql`status IN ${sqlList(ACTIVE_STATUSES)}`,
      ),
    )
}

/** Condition: with these jobs, the API key has at most its maximum of pending ones. */
function isBelowMaximum(
  { maxQueuedJobs, apiKeyId, filePath }: NewJobs,
  requested: string,
): SQL | undefined {
  return maxQueuedJobs === null
    ? undefined
    : sql`${maxQueuedJobs} >=
      (SELECT count(*) FROM jobs WHERE api_key_id = ${apiKeyId} AND ${hasStatus(QUEUED_STATUSES)}) +
      (SELECT count(*) FROM json_each(${requested}) AS requested WHERE NOT EXISTS (
        SELECT 1 FROM jobs AS active WHERE active.file_path = ${filePath}
          AND active.transformation = requested.value ->> 'transformation'
          AND active.status IN ${sqlList(ACTIVE_STATUSES)}))`
}

/** Condition: no active job of the variants is in a queue that the caller cannot see. */
function isNoneHidden(
  { filePath, restriction: { queue } }: NewJobs,
  requested: string,
): SQL | undefined {
  return queue === null
    ? undefined
    : isNoneActive(filePath, requested, sql`other.queue <> ${queue}`)
}

/** Condition: each active job of the variants stores its variant at the requested destination. */
function isNoneElsewhere({ filePath, destination }: NewJobs, requested: string): SQL | undefined {
  const isElsewhere = sql`other.destination IS NOT requested.value ->> 'destination'`
  return destination === undefined ? undefined : isNoneActive(filePath, requested, isElsewhere)
}

/** Condition: no active job of the variants fulfils a condition on `other`, the job, and `requested`. */
function isNoneActive(filePath: string, requested: string, condition: SQL): SQL {
  return sql`NOT EXISTS (
    SELECT 1 FROM jobs AS other, json_each(${requested}) AS requested
    WHERE other.file_path = ${filePath}
      AND other.transformation = requested.value ->> 'transformation'
      AND other.status IN ${sqlList(ACTIVE_STATUSES)} AND ${condition})`
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
