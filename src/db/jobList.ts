/** Statements that list and count jobs. Those for a folder read a bounded number of jobs. */
import { and, desc, eq, lt, sql } from 'drizzle-orm'
import type { ListJobs } from '../contract/job.ts'
import type { JobStatus } from '../contract/jobStatus.ts'
import { prefixUpperBound, type Restriction } from '../domain/caller.ts'
import { type Database, statement } from './database.ts'
import { FINAL_STATUSES, isActive } from '../domain/jobTransitions.ts'
import { hasStatus } from './schema/columns.ts'
import { jobs } from './schema/index.ts'
import { isInFolder, isVisibleJob } from './accessConditions.ts'
import { SHOWN_COLUMNS } from './jobColumns.ts'
import type { ShownJob } from './rows.ts'

/**
 * Maximum number of jobs that are read for a page or a count of a folder. No index orders the jobs
 * of a folder by age. A folder with at most this many jobs is read by path and sorted. For a page
 * of a larger folder, the newest jobs of all folders are read, up to this many, and filtered.
 */
const MAX_JOBS_READ = 10_000

type PageQuery = Omit<ListJobs, 'cursor'> & { before: number | null }

export interface Page {
  rows: ShownJob[]
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
    const rows = await db
      .select(SHOWN_COLUMNS)
      .from(jobs)
      .where(and(matchesQuery(query, query.limit + query.offset), isVisibleJob(restriction)))
      .orderBy(desc(jobs.seq))
      .limit(query.limit)
      .offset(query.offset)
    return { rows, lastRead: null }
  }
  if (queue !== null && query.queue !== undefined && query.queue !== queue) {
    return { rows: [], lastRead: null }
  }
  return listFolder(db, { ...query, queue: queue ?? query.queue }, pathPrefix)
}

/**
 * A page of a folder's jobs, in one statement, because each round trip to the database takes longer
 * than the statement. Only one of `small` and `large` returns jobs, as `folder.is_large` decides;
 * the limit of the other is 0, so that it reads none.
 */
async function listFolder(db: Database, query: PageQuery, pathPrefix: string): Promise<Page> {
  const { queue, status, before, limit, offset } = query
  const isInside = isInFolder(jobs.filePath, pathPrefix)
  const matching = and(matchesQuery(query, MAX_JOBS_READ), sql`true`)
  // The unary plus keeps SQLite from using another index, which has the jobs of other folders too.
  const conditions = [
    sql`seq IN (
      SELECT seq FROM jobs INDEXED BY jobs_by_file WHERE ${isInside}
      LIMIT (SELECT iif(is_large, 0, -1) FROM folder))`,
    queue === undefined ? undefined : sql`+queue = ${queue}`,
    status === undefined ? undefined : sql`+status = ${status}`,
    before === null ? undefined : sql`+seq < ${before}`,
  ]
  const found = sql`(
    WITH size (is_large) AS MATERIALIZED (
      SELECT EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_by_file WHERE ${isInside}
        LIMIT 1 OFFSET ${MAX_JOBS_READ})),
    folder (is_large, last_read) AS MATERIALIZED (
      SELECT is_large, iif(is_large, (
        SELECT seq FROM jobs WHERE ${matching} ORDER BY seq DESC
        LIMIT 1 OFFSET ${MAX_JOBS_READ - 1}), NULL)
      FROM size),
    small AS (
      SELECT seq FROM jobs WHERE ${and(...conditions)}
      ORDER BY seq DESC LIMIT ${limit} OFFSET ${offset}),
    large AS (
      SELECT seq FROM jobs
      WHERE ${matching} AND seq >= coalesce((SELECT last_read FROM folder), 0)
        AND +file_path >= ${pathPrefix} AND +file_path < ${prefixUpperBound(pathPrefix)}
      ORDER BY seq DESC LIMIT (SELECT iif(is_large, ${limit}, 0) FROM folder) OFFSET ${offset})
    SELECT found.seq, last_read FROM folder
    LEFT JOIN (SELECT seq FROM small UNION ALL SELECT seq FROM large) AS found
  ) AS found`
  const rows = await db
    .select({ job: SHOWN_COLUMNS, lastRead: sql<number | null>`found.last_read` })
    .from(found)
    .leftJoin(jobs, sql`${jobs.seq} = found.seq`)
    .orderBy(desc(jobs.seq))
  // Without a job, there is one row, which has `lastRead` alone.
  return { rows: rows.flatMap(({ job }) => job ?? []), lastRead: rows[0]?.lastRead ?? null }
}

/** @param maxRead number of the newest jobs that may be left out if there are more */
function matchesQuery({ status, queue, filePath, before }: PageQuery, maxRead: number) {
  const isNew = before === null ? sql`true` : sql`seq < ${before}`
  // No index orders the jobs of an active status over all queues: the newest of each queue are read.
  const isFirstOfQueue =
    status !== undefined && isActive(status) && queue === undefined && filePath === undefined
      ? sql`${jobs.seq} IN (
          SELECT value FROM queues, json_each((SELECT json_group_array(seq) FROM (
            SELECT seq FROM jobs WHERE queue = queues.name AND status = ${status} AND ${isNew}
              AND parent_id IS NULL
            ORDER BY seq DESC LIMIT ${maxRead}))))`
      : undefined
  return and(
    isFirstOfQueue,
    status === undefined ? undefined : eq(jobs.status, status),
    // SQLite uses a partial index only if the query has its condition.
    status === undefined || isActive(status) ? undefined : hasStatus(FINAL_STATUSES),
    queue === undefined ? undefined : eq(jobs.queue, queue),
    filePath === undefined ? undefined : eq(jobs.filePath, filePath),
    before === null ? undefined : lt(jobs.seq, before),
  )
}

export interface FolderCounts {
  status: JobStatus
  /** Start of the hour (ms) in which the jobs ended; null if they have not ended since `since`. */
  hour: number | null
  jobs: number
  mediaSeconds: number
  processingMs: number
  /** Creation time of the oldest of these jobs. */
  oldestAt: number
  /** Number of the attempts that run now, of these jobs and of their chunks. */
  activeRunners: number
}

/**
 * Counts the jobs of a folder by status, and those that ended since `since` (ms) by hour. In a
 * folder with more than `MAX_JOBS_READ` jobs, only that many are counted, in the order of their
 * paths, and `isPartial` is true. `hasQueue` is false if `queue` is not null and does not exist.
 */
export async function countJobsInFolder(
  db: Database,
  { queue, pathPrefix }: { queue: string | null; pathPrefix: string },
  since: number,
): Promise<{ groups: FolderCounts[]; isPartial: boolean; hasQueue: boolean }> {
  const isInside = isInFolder(jobs.filePath, pathPrefix)
  const state = statement(
    db,
    sql`
    SELECT EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_by_file WHERE ${isInside}
        LIMIT 1 OFFSET ${MAX_JOBS_READ}) AS isPartial,
      ${queue} IS NULL OR EXISTS (SELECT 1 FROM queues WHERE name = ${queue}) AS hasQueue`,
  )
  const count = statement(
    db,
    sql`
    SELECT status, iif(completed_at >= ${since}, completed_at / 3600000 * 3600000, NULL) AS hour,
      count(*) AS jobs, total(output ->> 'durationSeconds') AS mediaSeconds,
      total(max(completed_at - started_at, 0)) AS processingMs, min(created_at) AS oldestAt,
      total(iif(status <> 'running', 0, iif(chunk_count IS NULL, 1, (
        SELECT count(*) FROM jobs AS chunk
        WHERE chunk.parent_id = inside.id AND chunk.status = 'running')))) AS activeRunners
    FROM (
      SELECT * FROM jobs INDEXED BY jobs_by_file WHERE ${isInside} LIMIT ${MAX_JOBS_READ}) AS inside
    WHERE ${queue} IS NULL OR queue = ${queue}
    GROUP BY 1, 2`,
  )
  const [states, groups] = await db.batch([state, count])
  const [row] = states.results as unknown as { isPartial: number; hasQueue: number }[]
  return {
    groups: groups.results as unknown as FolderCounts[],
    isPartial: row!.isPartial === 1,
    hasQueue: row!.hasQueue === 1,
  }
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
