/**
 * Statements on the jobs and variants that visitors' requests create. Their column
 * `last_requested_at` is not null. Here, a key without the scope `jobs:write` counts as a visitor.
 */
import { and, eq, isNotNull, lt, sql } from 'drizzle-orm'
import type { Restriction } from '../domain/caller.ts'
import { ACTIVE_STATUSES, QUEUED_STATUSES } from '../domain/jobTransitions.ts'
import { isVisibleJob } from './accessConditions.ts'
import { type Database, sqlList, statement } from './database.ts'
import { hasStatus } from './schema/columns.ts'
import type { JobRow } from './rows.ts'
import { jobs, variants } from './schema/index.ts'

/** Maximum number of rows that one of the deletions below deletes. */
const BATCH_SIZE = 200

/** Condition: visitors have fewer than `max` jobs that count as queued. */
export function isBelowVisitorMaximum(max: number) {
  return sql`${max} > (
    SELECT count(*) FROM jobs
    WHERE ${hasStatus(QUEUED_STATUSES)} AND last_requested_at IS NOT NULL)`
}

/**
 * Makes the active jobs of visitors for these variants ordinary jobs with the requested priority,
 * because a caller with the scope `jobs:write` requests them. Returns the changed jobs.
 */
export async function takeOverVisitorJobs(
  db: Database,
  restriction: Restriction,
  filePath: string,
  requested: { transformation: string; priority: number }[],
): Promise<JobRow[]> {
  const priorities = Object.fromEntries(
    requested.map(({ transformation, priority }) => [transformation, priority]),
  )
  const json = JSON.stringify(priorities)
  const takeOver = db
    .update(jobs)
    .set({
      lastRequestedAt: null,
      priority: sql`(SELECT value FROM json_each(${json}) WHERE key = ${jobs.transformation})`,
    })
    .where(
      and(
        eq(jobs.filePath, filePath),
        sql`${jobs.transformation} IN (SELECT key FROM json_each(${json}))`,
        sql`status IN ${sqlList(ACTIVE_STATUSES)}`,
        isNotNull(jobs.lastRequestedAt),
        isVisibleJob(restriction),
      ),
    )
    .returning()
  // Chunks have the priority of their job.
  const raiseChunks = statement(
    db,
    sql`
    UPDATE jobs SET priority = parent.priority
    FROM jobs AS parent
    WHERE jobs.parent_id = parent.id AND parent.file_path = ${filePath}
      AND parent.status = 'running' AND parent.chunk_count IS NOT NULL`,
  )
  return (await db.batch([takeOver, raiseChunks]))[0]
}

/** Records that the variant was requested again. Does nothing if it is not a visitor's. */
export async function recordVariantRequest(
  db: Database,
  { filePath, transformation }: { filePath: string; transformation: string },
  now: number,
): Promise<void> {
  await db
    .update(variants)
    .set({ lastRequestedAt: now })
    .where(
      and(
        eq(variants.filePath, filePath),
        eq(variants.transformation, transformation),
        lt(variants.lastRequestedAt, now),
      ),
    )
}

/**
 * Records that the variant of the job was requested again. Does nothing if it is not a visitor's.
 */
export async function recordJobRequest(db: Database, id: string, now: number): Promise<void> {
  await db
    .update(jobs)
    .set({ lastRequestedAt: now })
    .where(and(eq(jobs.id, id), lt(jobs.lastRequestedAt, now)))
}

/**
 * Deletes variants of visitors that were last requested before `before` (ms). Returns the number of
 * changed rows, including those of triggers.
 */
export async function deleteUnrequestedVariants(db: Database, before: number): Promise<number> {
  const result = await db.run(sql`DELETE FROM variants WHERE (file_path, transformation) IN (
    SELECT file_path, transformation FROM variants
    WHERE last_requested_at < ${before} LIMIT ${BATCH_SIZE})`)
  return result.meta.changes
}

/**
 * Deletes jobs of visitors that are still queued and were last requested before `before` (ms).
 * Returns their queues.
 */
export async function deleteUnrequestedJobs(db: Database, before: number): Promise<Set<string>> {
  const rows = await db
    .delete(jobs)
    .where(
      sql`seq IN (
        SELECT seq FROM jobs
        WHERE ${hasStatus(QUEUED_STATUSES)} AND last_requested_at < ${before} LIMIT ${BATCH_SIZE})`,
    )
    .returning({ queue: jobs.queue })
  return new Set(rows.map(({ queue }) => queue))
}
