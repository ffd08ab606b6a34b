/** Splits a job into chunks, and keeps those of an earlier split that are the same. */
import { and, sql } from 'drizzle-orm'
import type { StoredChunk } from '../contract/chunk.ts'
import type { MediaFacts } from '../contract/mediaFacts.ts'
import type { Plan } from '../contract/plan.ts'
import type { Timings } from '../contract/runnerProtocol.ts'
import { CHUNK_SIZE_CLASS } from '../domain/runnerRequirements.ts'
import { type Database, first, statement } from './database.ts'
import { NOT_HELD } from './jobTransitions.ts'
import { type Claim, isHeldByClaim } from './leases.ts'
import { addProgress, releaseChunks } from './releaseChunks.ts'
import type { JobRow } from './rows.ts'
import { jobs } from './schema/index.ts'
import { NO_DUE_TIME } from './schema/jobs.ts'

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
      parent.chunk_seconds, parent.max_chunks_at_once, ${NO_DUE_TIME}, ${now}
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

function isSame(field: keyof StoredChunk) {
  return sql`(jobs.chunk ->> ${field}) IS (wanted.value ->> ${field})`
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
