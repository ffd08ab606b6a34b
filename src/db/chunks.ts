/**
 * Reads the chunks of jobs. Chunks are rows of `jobs` with a `parent_id`, so their claims, reports, failures
 * and interruptions are those of jobs.
 */
import { and, asc, eq, sql } from 'drizzle-orm'
import type { Restriction } from '../domain/caller.ts'
import { isVisibleJob } from './accessConditions.ts'
import { type Database, first } from './database.ts'
import type { JobRow } from './rows.ts'
import { jobs } from './schema/index.ts'

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

/** Returns the keys of the files of the completed chunks of a job, by the indexes of the chunks. */
export async function listChunkKeys(db: Database, jobId: string): Promise<Map<number, string>> {
  const rows = await db.all<{ index: number; key: string }>(sql`
    SELECT chunk ->> 'index' AS "index", package_key AS key FROM jobs
    WHERE parent_id = ${jobId} AND parent_id IS NOT NULL
      AND status = 'completed' AND package_key IS NOT NULL`)
  return new Map(rows.map(({ index, key }) => [index, key]))
}

/** The completed and the running chunks of a split job. */
export interface ChunkCounts {
  /** Fence of the job; 0 if it was deleted. */
  jobFence: number
  completed: number
  /** Their share of the job's work, in percent. */
  share: number
  /** Number of running chunks whose runners have reported. */
  active: number
}

export async function countChunks(db: Database, jobId: string): Promise<ChunkCounts> {
  const [row] = await db.all<ChunkCounts>(sql`
    SELECT coalesce((SELECT fence FROM jobs AS parent WHERE parent.id = ${jobId}), 0) AS jobFence,
      count(*) FILTER (WHERE status = 'completed') AS completed,
      total(iif(status = 'completed', chunk ->> 'share', 0)) AS share,
      count(*) FILTER (WHERE status = 'running' AND stage IS NOT NULL) AS active
    FROM jobs
    WHERE parent_id = ${jobId} AND parent_id IS NOT NULL AND status IN ('completed', 'running')`)
  return row!
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
