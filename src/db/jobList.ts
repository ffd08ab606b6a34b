/** Statements that list and count jobs. Those for a folder read a bounded number of jobs. */
import { and, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { ListJobs } from '../contract/job.ts'
import type { JobStatus } from '../contract/jobStatus.ts'
import { prefixUpperBound, type Restriction } from '../domain/caller.ts'
import type { Database } from './database.ts'
import { jobs } from './schema/index.ts'
import { isInFolder, isVisibleJob } from './accessConditions.ts'
import type { JobRow } from './rows.ts'

/**
 * Maximum number of jobs that are read for a page or a count of a folder. No index orders the jobs
 * of a folder by age. A folder with at most this many jobs is read by path and sorted. For a page
 * of a larger folder, the newest jobs of all folders are read, up to this many, and filtered.
 */
const MAX_JOBS_READ = 10_000

type PageQuery = Omit<ListJobs, 'cursor'> & { before: number | null }

export interface Page {
  rows: JobRow[]
  /**
   * `seq` of the last job that was read, if the search of a large folder stopped at
   * `MAX_JOBS_READ`; else null.
   */
  lastRead: number | null
}

/** A page of jobs, newest first. Without an offset, its cost does not depend on its position. */
export async function listJobRows(
  db: Database,
  query: PageQuery,
  restriction: Restriction,
): Promise<Page> {
  const { queue, pathPrefix } = restriction
  // Indexes order the jobs of all folders, and those of one file, by age.
  if (pathPrefix === null || query.filePath !== undefined) {
    const rows = await readPage(db, query, and(matchesQuery(query), isVisibleJob(restriction)))
    return { rows, lastRead: null }
  }
  if (queue !== null && query.queue !== undefined && query.queue !== queue) {
    return { rows: [], lastRead: null }
  }
  const visible = { ...query, queue: queue ?? query.queue }
  return (await isLargeFolder(db, pathPrefix))
    ? listLargeFolder(db, visible, pathPrefix)
    : { rows: await listSmallFolder(db, visible, pathPrefix), lastRead: null }
}

function readPage(db: Database, query: PageQuery, condition: SQL | undefined): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(condition)
    .orderBy(desc(jobs.seq))
    .limit(query.limit)
    .offset(query.offset)
}

/** Reads all jobs of the folder by path. */
function listSmallFolder(db: Database, query: PageQuery, pathPrefix: string): Promise<JobRow[]> {
  const { queue, status, before } = query
  // The unary plus keeps SQLite from using another index, which has the jobs of other folders too.
  const conditions = [
    sql`${jobs.seq} IN (
      SELECT seq FROM jobs INDEXED BY jobs_by_file WHERE ${isInFolder(jobs.filePath, pathPrefix)})`,
    queue === undefined ? undefined : sql`+queue = ${queue}`,
    status === undefined ? undefined : sql`+status = ${status}`,
    before === null ? undefined : sql`+seq < ${before}`,
  ]
  return readPage(db, query, and(...conditions))
}

/** Reads the newest jobs of all folders, up to `MAX_JOBS_READ`, and filters them by path. */
async function listLargeFolder(db: Database, query: PageQuery, pathPrefix: string): Promise<Page> {
  const [oldestRead] = await db
    .select({ seq: jobs.seq })
    .from(jobs)
    .where(matchesQuery(query))
    .orderBy(desc(jobs.seq))
    .limit(1)
    .offset(MAX_JOBS_READ - 1)
  const condition = and(
    matchesQuery(query),
    oldestRead && sql`${jobs.seq} >= ${oldestRead.seq}`,
    sql`+file_path >= ${pathPrefix} AND +file_path < ${prefixUpperBound(pathPrefix)}`,
  )
  const rows = await readPage(db, query, condition)
  return { rows, lastRead: oldestRead?.seq ?? null }
}

function matchesQuery({ status, queue, filePath, before }: PageQuery) {
  return and(
    status === undefined ? undefined : eq(jobs.status, status),
    queue === undefined ? undefined : eq(jobs.queue, queue),
    filePath === undefined ? undefined : eq(jobs.filePath, filePath),
    before === null ? undefined : lt(jobs.seq, before),
  )
}

/** Returns whether a folder has more than `MAX_JOBS_READ` jobs. */
export async function isLargeFolder(db: Database, prefix: string): Promise<boolean> {
  const rows = await db.all(sql`
    SELECT 1 FROM jobs INDEXED BY jobs_by_file WHERE ${isInFolder(jobs.filePath, prefix)}
    LIMIT 1 OFFSET ${MAX_JOBS_READ}`)
  return rows.length > 0
}

export interface FolderCounts {
  status: JobStatus
  /** Start of the hour (ms) in which the jobs ended; null if they have not ended since `since`. */
  hour: number | null
  jobs: number
  mediaSeconds: number
  processingMs: number
}

/**
 * Counts the jobs of a folder by status, and those that ended since `since` (ms) by hour. In a
 * folder with more than `MAX_JOBS_READ` jobs, only that many are counted, in the order of their
 * paths.
 */
export function countJobsInFolder(
  db: Database,
  { queue, pathPrefix }: { queue: string | null; pathPrefix: string },
  since: number,
): Promise<FolderCounts[]> {
  return db.all<FolderCounts>(sql`
    SELECT status, iif(completed_at >= ${since}, completed_at / 3600000 * 3600000, NULL) AS hour,
      count(*) AS jobs, total(output ->> 'durationSeconds') AS mediaSeconds,
      total(max(completed_at - started_at, 0)) AS processingMs
    FROM (
      SELECT * FROM jobs INDEXED BY jobs_by_file WHERE ${isInFolder(jobs.filePath, pathPrefix)}
      LIMIT ${MAX_JOBS_READ})
    WHERE ${queue} IS NULL OR queue = ${queue}
    GROUP BY 1, 2`)
}

/** Selects the paths of the files that have a job or a variant in the queue. */
export async function listVisiblePaths(
  db: Database,
  paths: string[],
  queue: string,
): Promise<string[]> {
  const rows = await db.all<{ path: string }>(sql`
    SELECT value AS path FROM json_each(${JSON.stringify(paths)})
    WHERE EXISTS (SELECT 1 FROM variant_queues
        WHERE variant_queues.file_path = value AND variant_queues.queue = ${queue})
      OR EXISTS (SELECT 1 FROM jobs WHERE jobs.file_path = value AND jobs.queue = ${queue})`)
  return rows.map(({ path }) => path)
}
