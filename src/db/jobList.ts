/** Statements that list and count jobs. Those for a folder read a bounded number of jobs. */
import { and, desc, isNull, sql } from 'drizzle-orm'
import type { JobFilter } from '../contract/jobFilter.ts'
import type { JobStatus } from '../contract/jobStatus.ts'
import { canSeeQueue, prefixUpperBound, type Restriction } from '../domain/caller.ts'
import { type Database, statement } from './database.ts'
import { jobs } from './schema/index.ts'
import { isInFolder } from './accessConditions.ts'
import { SHOWN_COLUMNS } from './jobColumns.ts'
import {
  isBetween,
  type JobQuery,
  matchesIndex,
  MAX_JOBS_READ,
  narrowByTime,
  type Page,
  searchJobs,
} from './jobSearch.ts'

/**
 * The jobs that a caller selects, of those that it can see; null if there can be none.
 *
 * @param before jobs with this `seq` or a higher one are left out; null for none
 */
export function buildQuery(
  filter: JobFilter,
  restriction: Restriction,
  before: number | null,
): JobQuery | null {
  const { filePath, errorCode, tag } = filter
  const folders = [filter.pathPrefix, restriction.pathPrefix].filter((folder) => folder != null)
  // Of two folders, one must contain the other.
  const folder = folders.toSorted((a, b) => b.length - a.length)[0]
  const isPossible =
    folders.every((other) => folder!.startsWith(other)) &&
    (filter.queue === undefined || canSeeQueue(restriction, filter.queue)) &&
    (filePath === undefined || folder === undefined || filePath.startsWith(folder))
  return isPossible
    ? {
        status: filter.status ?? (errorCode === undefined ? undefined : 'error'),
        queue: filter.queue ?? restriction.queue ?? undefined,
        filePath,
        folder: filePath === undefined ? folder : undefined,
        errorCode,
        tag,
        createdAfter: readTime(filter.createdAfter),
        createdBefore: readTime(filter.createdBefore),
        after: undefined,
        before: before ?? undefined,
      }
    : null
}

function readTime(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time)
}

/** A page of jobs, newest first. Without an offset, its cost does not depend on its position. */
export async function listJobRows(
  db: Database,
  wanted: JobQuery,
  { limit, offset }: { limit: number; offset: number },
): Promise<Page> {
  const query = await narrowByTime(db, wanted)
  if (query.errorCode !== undefined || query.tag !== undefined) {
    return searchJobs(db, query, limit, offset)
  }
  if (query.folder !== undefined) {
    return listFolder(db, query, query.folder, { limit, offset })
  }
  // Indexes order the jobs of all folders, and those of one file, by age.
  const rows = await db
    .select(SHOWN_COLUMNS)
    .from(jobs)
    .where(and(matchesIndex(query, limit + offset), isNull(jobs.parentId)))
    .orderBy(desc(jobs.seq))
    .limit(limit)
    .offset(offset)
  return { rows, lastRead: null }
}

/**
 * A page of a folder's jobs, in one statement, because each round trip to the database takes longer
 * than the statement. A folder with at most `MAX_JOBS_READ` jobs is read by path and sorted. For a
 * page of a larger folder, the newest jobs of all folders are read, up to this many, and filtered.
 * Only one of `small` and `large` returns jobs, as `folder.is_large` decides; the limit of the other
 * is 0, so that it reads none.
 */
async function listFolder(
  db: Database,
  query: JobQuery,
  folder: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<Page> {
  const { queue, status } = query
  const isInside = isInFolder(jobs.filePath, folder)
  const matching = and(matchesIndex(query, MAX_JOBS_READ), sql`true`)
  // The unary plus keeps SQLite from using another index, which has the jobs of other folders too.
  const conditions = [
    sql`seq IN (
      SELECT seq FROM jobs INDEXED BY jobs_by_file WHERE ${isInside}
      LIMIT (SELECT iif(is_large, 0, -1) FROM folder))`,
    queue === undefined ? undefined : sql`+queue = ${queue}`,
    status === undefined ? undefined : sql`+status = ${status}`,
    sql`+(${isBetween(query)})`,
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
        AND +file_path >= ${folder} AND +file_path < ${prefixUpperBound(folder)}
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
