/**
 * Statements that read and delete jobs. They are created in `insertJobs.ts`; claims are in `leases.ts`, the
 * ends of attempts in `jobTransitions.ts`, changes by callers in `changeJobs.ts` and `retryJobs.ts`, lists in `jobList.ts`, the newest job of a file in `newestJob.ts`.
 */
import { and, desc, eq, exists } from 'drizzle-orm'
import type { Restriction } from '../domain/caller.ts'
import { isVisibleJob } from './accessConditions.ts'
import { type Database, isListed } from './database.ts'
import { CHANGED_COLUMNS, SHOWN_COLUMNS } from './jobColumns.ts'
import type { AttemptRow, ChangedJob, JobRow, ShownJob } from './rows.ts'
import { attempts, jobs } from './schema/index.ts'

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
