/**
 * Splits jobs into chunks, and reads and releases them. Chunks are rows of `jobs` with a `parent_id`, so
 * their claims, reports, failures and interruptions are those of jobs.
 */
import { and, asc, eq, type SQL, sql } from 'drizzle-orm'
import type { StoredChunk } from '../contract/chunk.ts'
import type { Plan } from '../contract/plan.ts'
import type { MediaFacts } from '../contract/mediaFacts.ts'
import type { Timings } from '../contract/runnerProtocol.ts'
import type { Restriction } from '../domain/caller.ts'
import { CHUNK_SIZE_CLASS } from '../domain/runnerRequirements.ts'
import { isVisibleJob } from './accessConditions.ts'
import { type Database, first, statement } from './database.ts'
import { NOT_HELD } from './jobTransitions.ts'
import { type Claim, isHeldByClaim } from './leases.ts'
import type { JobRow } from './rows.ts'
import { WAITS_FOR_CHUNKS } from './schema/jobs.ts'
import { jobs } from './schema/index.ts'

export interface Split {
  chunks: StoredChunk[]
  /** Prefix of the package of the chunks; null for a variant of one file. */
  packageKey: string | null
  /** Encoders that a runner of a chunk must have. */
  requiredEncoders: string[]
  input: MediaFacts | undefined
  plan: Plan | undefined
  timings: Timings
}

/**
 * Splits a job: its attempt ends, and its chunks can be claimed. The completed chunks of an
 * earlier attempt are kept if their plan key, their range and the files that they were made from are
 * the same. All other chunks are deleted. The fence of the job grows, so that late requests of the
 * runner that split it are rejected.
 */
export async function splitJob(
  db: Database,
  claim: Claim,
  { chunks, packageKey, requiredEncoders, ...facts }: Split,
  now: number,
): Promise<JobRow | undefined> {
  const list = JSON.stringify(chunks)
  const split = db
    .update(jobs)
    .set({
      ...NOT_HELD,
      fence: sql`fence + 1`,
      runnerId: null,
      runnerSecretHash: null,
      chunkCount: chunks.length,
      stage: 'encode',
      packageKey,
      timings: facts.timings,
      ...(facts.input && { input: facts.input }),
      ...(facts.plan && { plan: facts.plan }),
    })
    .where(and(isHeldByClaim(claim), sql`status = 'running' AND chunk_count IS NULL`))
    .returning()
  // The condition of the following statements: this request, or an equal one, has split the job.
  const isSplit = sql`EXISTS (
    SELECT 1 FROM jobs AS parent
    WHERE parent.id = ${claim.jobId} AND parent.fence = ${claim.fence + 1}
      AND parent.chunk_count = ${chunks.length})`
  // The prefix of the ids of the chunks of this split. An equal request may have inserted them already.
  // '/' is the character after '.'.
  const prefix = `${claim.jobId}.${claim.fence + 1}`
  const deleteOthers = statement(
    db,
    sql`
    DELETE FROM jobs
    WHERE parent_id = ${claim.jobId} AND ${isSplit}
    AND NOT (id >= ${`${prefix}.`} AND id < ${`${prefix}/`})
    AND NOT (
      status = 'completed' AND (chunk ->> 'kind') <> 'join' AND EXISTS (
        SELECT 1 FROM json_each(${list}) AS wanted JOIN jobs AS parent ON parent.id = ${claim.jobId}
        WHERE jobs.source_etag = parent.source_etag
          AND jobs.reference_files = parent.reference_files AND ${isSame('index')} AND ${isSame('planKey')} AND ${isSame('kind')}
          AND ${isSame('startSeconds')} AND ${isSame('endSeconds')}))`,
  )
  const insert = statement(
    db,
    sql`
    INSERT INTO jobs (id, parent_id, chunk, file_path, transformation, queue, priority,
      source_etag, source_bytes, reference_files, required_encoders, size_class, fence, max_attempts,
      lease_seconds, stall_seconds, timeout_seconds, chunk_seconds, max_chunks_at_once, run_after,
      created_at)
    SELECT parent.id || '.' || parent.fence || '.' || wanted.key, parent.id, wanted.value, '',
      parent.id || '.' || parent.fence || '.' || wanted.key, parent.queue, parent.priority,
      parent.source_etag, parent.source_bytes, parent.reference_files,
      ${JSON.stringify(requiredEncoders)},
      iif(wanted.value ->> 'kind' = 'join', parent.size_class, ${CHUNK_SIZE_CLASS}),
      0, parent.max_attempts, parent.lease_seconds, parent.stall_seconds, parent.timeout_seconds,
      parent.chunk_seconds, parent.max_chunks_at_once, ${WAITS_FOR_CHUNKS}, ${now}
    FROM json_each(${list}) AS wanted JOIN jobs AS parent ON parent.id = ${claim.jobId}
    WHERE ${isSplit} AND NOT EXISTS (
      SELECT 1 FROM jobs AS kept
      WHERE kept.parent_id = parent.id AND kept.chunk ->> 'index' = wanted.key)
    ORDER BY wanted.key`,
  )
  // The garbage collector finds a package by its row, which is inserted before the first file is stored.
  const insertPackage = statement(
    db,
    sql`
    INSERT INTO outputs (key, job_id, fence, created_at)
    SELECT ${packageKey}, ${claim.jobId}, ${claim.fence + 1}, ${now}
    WHERE ${packageKey} IS NOT NULL AND ${isSplit}
    ON CONFLICT DO NOTHING`,
  )
  const results = await db.batch([
    split,
    deleteOthers,
    insert,
    insertPackage,
    statement(db, addProgress(claim.jobId)),
    statement(db, releaseChunks(claim.jobId)),
  ])
  return first(results[0])
}

/** Finds the package of the completed chunks that a split with this plan key keeps. */
export async function findPackageOfChunks(
  db: Database,
  jobId: string,
  planKey: string,
): Promise<string | null> {
  const [row] = await db.all<{ key: string | null }>(sql`
    SELECT kept.chunk ->> 'packageKey' AS key
    FROM jobs AS kept JOIN jobs AS parent ON parent.id = ${jobId}
    WHERE kept.parent_id = ${jobId} AND kept.chunk ->> 'planKey' = ${planKey}
      AND kept.status = 'completed' AND kept.chunk ->> 'kind' <> 'join'
      AND kept.source_etag = parent.source_etag AND kept.reference_files = parent.reference_files
    LIMIT 1`)
  return row?.key ?? null
}

/**
 * Records that the package of a split job can be played.
 *
 * @param chunkId one of its chunks
 */
export function markSplitPlayable(
  db: Database,
  chunkId: string,
  now: number,
): Promise<JobRow | undefined> {
  return db
    .update(jobs)
    .set({ playableAt: now })
    .where(
      sql`id = (SELECT parent_id FROM jobs AS kept WHERE kept.id = ${chunkId})
        AND status = 'running' AND chunk_count IS NOT NULL AND playable_at IS NULL`,
    )
    .returning()
    .then(first)
}

function isSame(field: keyof StoredChunk) {
  return sql`(jobs.chunk ->> ${field}) IS (wanted.value ->> ${field})`
}

/** Returns the statement that sets the progress of a split job to the share of its completed chunks. */
export function addProgress(jobId: string): SQL {
  return sql`
    UPDATE jobs SET progress = max(progress, (
      SELECT min(99, total(chunk ->> 'share')) FROM jobs AS made
      WHERE made.parent_id = ${jobId} AND made.status = 'completed'))
    WHERE id = ${jobId} AND chunk_count IS NOT NULL`
}

/**
 * Returns the statement that makes waiting chunks of a job claimable, in their order, until
 * `max_chunks_at_once` of them are claimable or running. `join` becomes claimable when all others are
 * completed.
 */
export function releaseChunks(jobId: string): SQL {
  return sql`
    UPDATE jobs SET run_after = NULL WHERE seq IN (
      SELECT seq FROM jobs AS waiting
      WHERE parent_id = ${jobId} AND run_after = ${WAITS_FOR_CHUNKS} AND status = 'pending'
        AND (chunk ->> 'kind' <> 'join' OR NOT EXISTS (
          SELECT 1 FROM jobs AS other
          WHERE other.parent_id = ${jobId} AND other.chunk ->> 'kind' <> 'join'
            AND other.status <> 'completed'))
      ORDER BY seq LIMIT max(0, (
        SELECT min(max_chunks_at_once) - total(
          status = 'running' OR (status = 'pending' AND run_after IS NOT ${WAITS_FOR_CHUNKS}))
        FROM jobs WHERE parent_id = ${jobId})))`
}

/**
 * Returns the statement that makes the next waiting chunk of a job claimable in place of `chunk`, which is
 * about to be completed. It does nothing if `isAboutToEnd` is false. Chunks are released in the order of
 * their `seq`, so a waiting one follows each that was released, and most rows need not be read.
 */
export function releaseNextChunk(
  jobId: string,
  chunk: Pick<JobRow, 'id' | 'seq'>,
  isAboutToEnd: SQL,
): SQL {
  return sql`
    UPDATE jobs SET run_after = NULL WHERE seq = (
      SELECT seq FROM jobs AS waiting
      WHERE parent_id = ${jobId} AND seq > ${chunk.seq}
        AND run_after = ${WAITS_FOR_CHUNKS} AND status = 'pending'
        AND (chunk ->> 'kind' <> 'join' OR NOT EXISTS (
          SELECT 1 FROM jobs AS other
          WHERE other.parent_id = ${jobId} AND other.chunk ->> 'kind' <> 'join'
            AND other.status <> 'completed' AND other.id <> ${chunk.id}))
      ORDER BY seq LIMIT 1)
    AND EXISTS (SELECT 1 FROM jobs WHERE ${isAboutToEnd})`
}

/** Lists the chunks of a job in their order. */
export function listChunkRows(db: Database, jobId: string) {
  return db
    .select()
    .from(jobs)
    .where(and(eq(jobs.parentId, jobId), sql`parent_id IS NOT NULL`))
    .orderBy(asc(sql`chunk ->> 'index'`))
}

/** Lists the chunks of a job in their order. Returns undefined if the caller can see no such job. */
export async function listVisibleChunks(
  db: Database,
  jobId: string,
  restriction: Restriction,
): Promise<JobRow[] | undefined> {
  const visible = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, jobId), isVisibleJob(restriction)))
  const [found, rows] = await db.batch([visible, listChunkRows(db, jobId)])
  return found.length === 0 ? undefined : rows
}

/** Returns the key and the size of the file of a completed chunk; undefined if there is none. */
export async function findChunkFile(
  db: Database,
  jobId: string,
  index: number,
): Promise<{ key: string; sizeBytes: number } | undefined> {
  const [row] = await db.all<{ key: string; sizeBytes: number }>(sql`
    SELECT package_key AS key, chunk ->> '$.facts.sizeBytes' AS sizeBytes FROM jobs
    WHERE parent_id = ${jobId} AND parent_id IS NOT NULL AND chunk ->> 'index' = ${index}
      AND status = 'completed' AND package_key IS NOT NULL`)
  return row
}

/** Number of the completed and the running chunks of a split job. */
export interface ChunkCounts {
  completed: number
  /** Their share of the job's work, in percent. */
  share: number
  /** Number of running chunks whose runners have reported. */
  active: number
}

export async function countChunks(db: Database, jobId: string): Promise<ChunkCounts> {
  const [row] = await db.all<ChunkCounts>(sql`
    SELECT count(*) FILTER (WHERE status = 'completed') AS completed,
      total(iif(status = 'completed', chunk ->> 'share', 0)) AS share,
      count(*) FILTER (WHERE status = 'running' AND stage IS NOT NULL) AS active
    FROM jobs
    WHERE parent_id = ${jobId} AND parent_id IS NOT NULL AND status IN ('completed', 'running')`)
  return row!
}
