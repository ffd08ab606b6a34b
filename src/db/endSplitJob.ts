/** Ends split jobs before their chunks are joined: they fail, or return to their queue. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { FailureCode } from '../contract/failureCode.ts'
import { TRANSITIONS } from '../domain/jobTransitions.ts'
import { type Database, first } from './database.ts'
import {
  type Failure,
  failStatement,
  isAllowed,
  NOT_COMPLETED,
  recordAttemptLog,
} from './jobTransitions.ts'
import type { Claim } from './leases.ts'
import { discardChunkStatements } from './lostChunks.ts'
import type { JobRow } from './rows.ts'
import { jobs } from './schema/index.ts'

/** How a split job ends before its chunks are joined. */
export type SplitJobEnd =
  /** It returns to its queue, and no attempt is counted. `unsplitReason` is set if it is not split again. */
  | { event: 'release'; error: string; unsplitReason: string | null }
  | { event: 'fail'; error: string; errorCode: FailureCode }

/** Returns the statement that ends a split job. Its completed chunks stay. */
function endSplitJobStatement(
  db: Database,
  jobId: string,
  end: SplitJobEnd,
  now: number,
  guard?: SQL,
) {
  const isFailed = end.event === 'fail'
  const { unsplitReason = null } = isFailed ? {} : end
  return db
    .update(jobs)
    .set({
      ...NOT_COMPLETED,
      status: TRANSITIONS[end.event].to,
      error: end.error,
      ...(isFailed
        ? { errorCode: end.errorCode, completedAt: now }
        : { attempt: sql`attempt - 1`, progress: 0, startedAt: null }),
      ...(unsplitReason !== null && { unsplitReason, chunkSeconds: 0 }),
    })
    .where(and(eq(jobs.id, jobId), isAllowed(end.event), sql`chunk_count IS NOT NULL`, guard))
    .returning()
}

/** Ends a split job. Returns undefined if the job is not split. */
export function endSplitJob(db: Database, jobId: string, end: SplitJobEnd, now: number) {
  return endSplitJobStatement(db, jobId, end, now).then(first)
}

/**
 * Fails a chunk that is not retried, and ends its job, in one transaction: a job with such a chunk would
 * run forever. Also ends the job if an earlier request has failed the chunk under this claim. Chunks
 * whose files are lost are made again by a retry of the job.
 */
export async function failChunk(
  db: Database,
  jobId: string,
  claim: Claim,
  { failure, end }: { failure: Failure; end: SplitJobEnd },
  now: number,
): Promise<{ chunk: JobRow | undefined; job: JobRow | undefined }> {
  const hasFailed = sql`EXISTS (
    SELECT 1 FROM jobs AS failed
    WHERE failed.id = ${claim.jobId} AND failed.fence = ${claim.fence} AND failed.status = 'error')`
  const { details } = failure
  const lost = details?.lostChunks ?? []
  const [retire, discard] = discardChunkStatements(db, jobId, claim, lost)
  const [, , chunks, ended] = await db.batch([
    retire,
    discard,
    failStatement(db, claim, failure, now),
    endSplitJobStatement(db, jobId, end, now, hasFailed),
    ...(details ? [recordAttemptLog(db, claim, details)] : []),
  ])
  return { chunk: first(chunks), job: first(ended) }
}

/**
 * Finds a split job that no runner works on, and of which a runner with these encoders could run a new
 * attempt, but not make the chunks: for example, because all runners have a new version of ffmpeg.
 *
 * @param before time in ms; since then, no chunk of the job was created or has ended
 */
export async function findStuckJob(
  db: Database,
  queues: string[],
  encoders: string[],
  before: number,
): Promise<string | undefined> {
  const [row] = await db.all<{ id: string }>(sql`
    SELECT parent.id FROM jobs AS parent
    WHERE queue IN (
        SELECT name FROM queues, json_each(${JSON.stringify(queues)}) AS claimed
        WHERE name = claimed.value AND split > 0 AND NOT paused)
      AND status = 'running' AND chunk_count IS NOT NULL
      AND NOT EXISTS (
        SELECT 1 FROM json_each(parent.required_encoders)
        WHERE value NOT IN (SELECT value FROM json_each(${JSON.stringify(encoders)})))
      AND NOT EXISTS (
        SELECT 1 FROM jobs AS chunk
        WHERE chunk.parent_id = parent.id
          AND (chunk.status = 'running' OR chunk.completed_at > ${before}
            OR chunk.created_at > ${before}))
      AND EXISTS (
        SELECT 1 FROM jobs AS chunk, json_each(chunk.required_encoders)
        WHERE chunk.parent_id = parent.id AND chunk.status = 'pending' AND chunk.run_after IS NULL
          AND value NOT IN (SELECT value FROM json_each(${JSON.stringify(encoders)})))
    LIMIT 1`)
  return row?.id
}
