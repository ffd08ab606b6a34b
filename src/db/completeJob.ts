/** Completes a job: its output becomes the variant. A job with a destination is not completed yet, but exported. */
import { and, sql } from 'drizzle-orm'
import type { MediaFacts } from '../contract/mediaFacts.ts'
import type { Finish } from '../contract/runnerProtocol.ts'
import { type ChunkCompletion, completeChunkStatement } from './completeChunk.ts'
import { completedColumns } from './completedColumns.ts'
import { type Database, first, statement } from './database.ts'
import { insertExport, isExporting } from './exports.ts'
import { EXPORTING, isAllowed } from './jobTransitions.ts'
import { type Claim, isHeldByClaim, reportedFacts } from './leases.ts'
import { isOutputOf } from './outputs.ts'
import { jobs } from './schema/index.ts'

export interface Completion {
  outputKey: string
  output: MediaFacts
  finish: Extract<Finish, { outcome: 'completed' | 'packaged' }>
  /** True if the job has a destination. */
  isExported: boolean
  /** Set if the chunk `join` completes the job: its claim, which must still hold it. */
  join?: { claim: Claim; completion: ChunkCompletion }
}

/**
 * Completes a job and makes its output the variant, in one transaction. The variant changes only if
 * the first statement completed the job under this fence. If the job has a destination, the output becomes the
 * variant, and the export begins, which completes the job later.
 */
export async function completeJob(
  db: Database,
  claim: Claim,
  { outputKey, output, finish, isExported, join }: Completion,
  now: number,
) {
  const isJoined =
    join &&
    sql`EXISTS (
      SELECT 1 FROM jobs AS joined
      WHERE joined.id = ${join.claim.jobId} AND joined.fence = ${join.claim.fence}
        AND joined.status = 'completed' AND joined.completed_at = ${now})`
  const { status, completedAt, ...columns } = completedColumns(output, finish, now)
  const complete = db
    .update(jobs)
    .set({
      ...columns,
      ...(isExported ? EXPORTING : { status, completedAt }),
      // A package that was not reported as playable is playable now.
      playableAt: sql`iif(package_key = ${outputKey}, coalesce(playable_at, ${now}), NULL)`,
      ...reportedFacts(finish),
    })
    .where(and(isHeldByClaim(claim), isAllowed('complete'), isJoined))
    .returning()
  // Conditions of the other statements: the first one has changed the job.
  const isDone = isExported
    ? isExporting(claim, outputKey)
    : sql`jobs.id = ${claim.jobId} AND fence = ${claim.fence} AND status = 'completed'
      AND completed_at = ${now}`
  const trackKeys = join?.completion.chunk.trackKeys
  const tracks = trackKeys ? JSON.stringify(trackKeys) : null
  const putVariant = statement(
    db,
    sql`
    INSERT INTO variants (file_path, transformation, output_key, job_id, size_bytes, source_etag,
      reference_files, created_at, last_requested_at, tracks)
    SELECT file_path, transformation, ${outputKey}, id, ${output.sizeBytes}, source_etag,
      reference_files, ${now}, iif(last_requested_at IS NULL, NULL, ${now}), ${tracks}
    FROM jobs
    WHERE ${isDone}
    ON CONFLICT (file_path, transformation) DO UPDATE SET
      output_key = excluded.output_key, job_id = excluded.job_id, size_bytes = excluded.size_bytes,
      source_etag = excluded.source_etag, reference_files = excluded.reference_files,
      created_at = excluded.created_at, tracks = excluded.tracks,
      -- Stays null: a variant of another caller does not become a visitor's.
      last_requested_at = iif(last_requested_at IS NULL, NULL, excluded.last_requested_at)`,
  )
  const putReferences = statement(
    db,
    sql`
    INSERT INTO variant_references (path, file_path, transformation, etag)
    SELECT value ->> 'path', file_path, transformation, value ->> 'etag'
    FROM jobs, json_each(jobs.reference_files)
    WHERE ${isDone}
    ON CONFLICT DO UPDATE SET etag = excluded.etag`,
  )
  // Retires the outputs that did not become the variant, such as the first one if the upload was
  // begun twice. Retires nothing if the job was deleted, because its output may be the variant.
  const retireOtherOutputs = statement(
    db,
    sql`
    UPDATE outputs SET retired = 1
    WHERE ${isOutputOf(join?.claim ?? claim)} AND key NOT IN (
      SELECT output_key FROM variants JOIN jobs USING (file_path, transformation)
      WHERE jobs.id = ${claim.jobId})
    AND EXISTS (SELECT 1 FROM jobs WHERE id = ${claim.jobId})`,
  )
  const deleteOutput = statement(
    db,
    sql`
    DELETE FROM outputs WHERE key = ${outputKey} AND EXISTS (
      SELECT 1 FROM variants JOIN jobs USING (file_path, transformation)
      WHERE jobs.id = ${claim.jobId} AND output_key = ${outputKey})`,
  )
  const statements = [
    complete,
    ...(isExported ? [insertExport(db, claim, outputKey, now)] : []),
    putVariant,
    putReferences,
    retireOtherOutputs,
    deleteOutput,
  ] as const
  if (!join) {
    return first((await db.batch(statements))[0])
  }
  const completeJoin = completeChunkStatement(db, join.claim, join.completion, now)
  return first((await db.batch([completeJoin, ...statements]))[1])
}
