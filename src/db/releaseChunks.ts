/** Statements that make waiting chunks claimable, and that set the progress of their job. */
import { type SQL, sql } from 'drizzle-orm'
import type { JobRow } from './rows.ts'
import { NO_DUE_TIME } from './schema/jobs.ts'

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
      WHERE parent_id = ${jobId} AND run_after = ${NO_DUE_TIME} AND status = 'pending'
        AND (chunk ->> 'kind' <> 'join' OR NOT EXISTS (
          SELECT 1 FROM jobs AS other
          WHERE other.parent_id = ${jobId} AND other.chunk ->> 'kind' <> 'join'
            AND other.status <> 'completed'))
      ORDER BY seq LIMIT max(0, (
        SELECT min(max_chunks_at_once) - total(
          status = 'running' OR (status = 'pending' AND run_after IS NOT ${NO_DUE_TIME}))
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
        AND run_after = ${NO_DUE_TIME} AND status = 'pending'
        AND (chunk ->> 'kind' <> 'join' OR NOT EXISTS (
          SELECT 1 FROM jobs AS other
          WHERE other.parent_id = ${jobId} AND other.chunk ->> 'kind' <> 'join'
            AND other.status <> 'completed' AND other.id <> ${chunk.id}))
      ORDER BY seq LIMIT 1)
    AND EXISTS (SELECT 1 FROM jobs WHERE ${isAboutToEnd})`
}
