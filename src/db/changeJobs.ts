/** Statements with which callers cancel jobs, and change their priority. */
import { and, eq, sql } from 'drizzle-orm'
import type { Restriction } from '../domain/caller.ts'
import { ACTIVE_STATUSES, TRANSITIONS } from '../domain/jobTransitions.ts'
import { isVisibleJob } from './accessConditions.ts'
import { type Database, isListed, sqlList, statement } from './database.ts'
import { CHANGED_COLUMNS } from './jobColumns.ts'
import { isAllowed, NOT_COMPLETED } from './jobTransitions.ts'
import type { Claim } from './leases.ts'
import type { ChangedJob } from './rows.ts'
import { jobs } from './schema/index.ts'

/**
 * Cancels those of the jobs that are pending; with `force` running ones too. Returns the cancelled
 * jobs: the caller sees the others not, or their status does not allow it.
 */
export function cancelJobRows(
  db: Database,
  ids: string[],
  force: boolean,
  now: number,
  restriction: Restriction,
): Promise<ChangedJob[]> {
  const event = force ? 'forceCancel' : 'cancel'
  return db
    .update(jobs)
    .set({ ...NOT_COMPLETED, status: TRANSITIONS[event].to, runAfter: null, completedAt: now })
    .where(and(isListed(jobs.id, ids), isAllowed(event), isVisibleJob(restriction)))
    .returning(CHANGED_COLUMNS)
    .execute()
}

/**
 * Cancels all pending and running jobs of a file; returns their claims by queue. Deletes the chunks that
 * failed jobs have kept for a retry.
 *
 * @param keepsImporting true leaves the jobs that wait for the import of the file
 */
export async function cancelJobsOfFile(
  db: Database,
  filePath: string,
  keepsImporting: boolean,
  now: number,
): Promise<Map<string, Claim[]>> {
  const cancel = db
    .update(jobs)
    .set({
      ...NOT_COMPLETED,
      status: TRANSITIONS.forceCancel.to,
      runAfter: null,
      completedAt: now,
    })
    .where(
      and(
        eq(jobs.filePath, filePath),
        isAllowed('forceCancel'),
        keepsImporting ? sql`${jobs.stage} IS NOT 'import'` : undefined,
      ),
    )
    .returning({ jobId: jobs.id, fence: jobs.fence, queue: jobs.queue })
  const deleteChunks = statement(
    db,
    sql`
    DELETE FROM jobs WHERE parent_id IN (
      SELECT id FROM jobs WHERE file_path = ${filePath} AND status = 'error')`,
  )
  const [rows] = await db.batch([cancel, deleteChunks])
  const cancelled = new Map<string, Claim[]>()
  for (const { queue, ...ended } of rows) {
    cancelled.set(queue, [...(cancelled.get(queue) ?? []), ended])
  }
  return cancelled
}

/**
 * Changes the priority of those of the jobs that have not ended, and of their chunks. Jobs of
 * visitors become ordinary ones. Returns the changed jobs.
 */
export async function prioritizeJobRows(
  db: Database,
  ids: string[],
  priority: number,
  restriction: Restriction,
): Promise<ChangedJob[]> {
  const isChanged = and(
    isListed(jobs.id, ids),
    sql`status IN ${sqlList(ACTIVE_STATUSES)}`,
    isVisibleJob(restriction),
  )
  const change = db
    .update(jobs)
    .set({ priority, lastRequestedAt: null })
    .where(isChanged)
    .returning(CHANGED_COLUMNS)
  const changeChunks = db
    .update(jobs)
    .set({ priority })
    .where(
      sql`parent_id IN (
        SELECT id FROM jobs WHERE ${isChanged} AND status = 'running' AND chunk_count IS NOT NULL)`,
    )
  return (await db.batch([change, changeChunks]))[0]
}
