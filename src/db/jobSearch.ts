/**
 * Searches of jobs by conditions that no index orders by age: an error code, a tag, a folder, a time.
 * Each statement reads a bounded number of jobs.
 */
import { and, desc, eq, isNull, sql, type SQL } from 'drizzle-orm'
import type { FailureCode } from '../contract/failureCode.ts'
import type { JobStatus } from '../contract/jobStatus.ts'
import { prefixUpperBound } from '../domain/caller.ts'
import { FINAL_STATUSES, isActive } from '../domain/jobTransitions.ts'
import { isInFolder } from './accessConditions.ts'
import type { Database } from './database.ts'
import { SHOWN_COLUMNS } from './jobColumns.ts'
import type { ShownJob } from './rows.ts'
import { hasStatus } from './schema/columns.ts'
import { jobs } from './schema/index.ts'

/** Maximum number of jobs that are read for a page or a count. */
export const MAX_JOBS_READ = 10_000

/** The jobs of a list or a batch. Undefined conditions select all jobs. */
export interface JobQuery {
  status: JobStatus | undefined
  queue: string | undefined
  filePath: string | undefined
  /** Ends in a slash. */
  folder: string | undefined
  errorCode: FailureCode | undefined
  tag: string | undefined
  /** Times in milliseconds since the epoch. */
  createdAfter: number | undefined
  createdBefore: number | undefined
  /** The jobs between these `seq`; both are excluded. */
  after: number | undefined
  before: number | undefined
}

export interface Page {
  rows: ShownJob[]
  /** `seq` of the last job that was read, if the search stopped at `MAX_JOBS_READ`; else null. */
  lastRead: number | null
}

/**
 * The clocks of the Workers that create jobs may differ by this time, so the order of creation times
 * is that of `seq` except within it.
 */
const CLOCK_DIFFERENCE_MS = 60_000

/** Sets `after` and `before` to what the creation times allow. It costs one round trip. */
export async function narrowByTime(db: Database, query: JobQuery): Promise<JobQuery> {
  const { createdAfter, createdBefore } = query
  if (createdAfter === undefined && createdBefore === undefined) {
    return query
  }
  const [row] = await db.all<{ after: number | null; last: number | null }>(sql`
    SELECT ${findLastBefore(createdAfter, -CLOCK_DIFFERENCE_MS)} AS after,
      ${findLastBefore(createdBefore, CLOCK_DIFFERENCE_MS)} AS last`)
  const before = row!.last === null ? undefined : row!.last + 1
  return {
    ...query,
    after: row!.after ?? undefined,
    before: before === undefined ? query.before : Math.min(before, query.before ?? before),
  }
}

/**
 * The `seq` of about the last job that was created before a time, found by halving. Null without a
 * time.
 */
function findLastBefore(time: number | undefined, shiftMs: number): SQL {
  if (time === undefined) {
    return sql`NULL`
  }
  return sql`(
    WITH RECURSIVE search (seq, step) AS (
      SELECT 0, 1 << 40
      UNION ALL
      SELECT seq + iif((SELECT created_at FROM jobs WHERE jobs.seq >= search.seq + step LIMIT 1)
        < ${time + shiftMs}, step, 0), step / 2
      FROM search WHERE step > 0)
    SELECT max(seq) FROM search)`
}

/** Condition on the order and the time of creation. */
export function isBetween({ after, before, createdAfter, createdBefore }: JobQuery): SQL {
  return sql.join(
    [
      sql`true`,
      ...(after === undefined ? [] : [sql`seq > ${after}`]),
      ...(before === undefined ? [] : [sql`seq < ${before}`]),
      ...(createdAfter === undefined ? [] : [sql`created_at >= ${createdAfter}`]),
      ...(createdBefore === undefined ? [] : [sql`created_at < ${createdBefore}`]),
    ],
    sql` AND `,
  )
}

function hasRange({ after, before, createdAfter, createdBefore }: JobQuery): boolean {
  return [after, before, createdAfter, createdBefore].some((bound) => bound !== undefined)
}

/**
 * Condition for the query's jobs, except those on folder, error code and tag.
 *
 * @param maxRead number of the newest jobs that may be left out if there are more
 */
export function matchesIndex(query: JobQuery, maxRead: number): SQL | undefined {
  const { status, queue, filePath } = query
  // No index orders the jobs of an active status over all queues: the newest of each queue are read.
  const isFirstOfQueue =
    status !== undefined && isActive(status) && queue === undefined && filePath === undefined
      ? sql`${jobs.seq} IN (
          SELECT value FROM queues, json_each((SELECT json_group_array(seq) FROM (
            SELECT seq FROM jobs WHERE queue = queues.name AND status = ${status}
              AND ${isBetween(query)} AND parent_id IS NULL
            ORDER BY seq DESC LIMIT ${maxRead}))))`
      : undefined
  return and(
    isFirstOfQueue,
    status === undefined ? undefined : eq(jobs.status, status),
    // SQLite uses a partial index only if the query has its condition.
    status === undefined || isActive(status) ? undefined : hasStatus(FINAL_STATUSES),
    queue === undefined ? undefined : eq(jobs.queue, queue),
    filePath === undefined ? undefined : eq(jobs.filePath, filePath),
    hasRange(query) ? isBetween(query) : undefined,
  )
}

/** All conditions of the query, for rows that have been read. */
function matchesAll(query: JobQuery): SQL {
  const { status, queue, filePath, folder, errorCode, tag } = query
  return sql.join(
    [
      isBetween(query),
      ...(status === undefined ? [] : [sql`status = ${status}`]),
      ...(queue === undefined ? [] : [sql`queue = ${queue}`]),
      ...(filePath === undefined ? [] : [sql`file_path = ${filePath}`]),
      ...(folder === undefined
        ? []
        : [sql`file_path >= ${folder} AND file_path < ${prefixUpperBound(folder)}`]),
      ...(errorCode === undefined ? [] : [sql`error_code = ${errorCode}`]),
      ...(tag === undefined
        ? []
        : [sql`EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ${tag})`]),
    ],
    sql` AND `,
  )
}

const READ_COLUMNS = sql`seq, status, queue, file_path, error_code, tags, created_at`

/** The newest jobs of the conditions that an index has, at most `MAX_JOBS_READ`, newest first. */
function newestJobs(query: JobQuery): SQL {
  const { tag, filePath, after, before } = query
  if (tag === undefined || filePath !== undefined) {
    return sql`
      SELECT ${READ_COLUMNS} FROM jobs
      WHERE ${and(matchesIndex(query, MAX_JOBS_READ), isNull(jobs.parentId))}
      ORDER BY seq DESC LIMIT ${MAX_JOBS_READ}`
  }
  // CROSS JOIN keeps the order of the tables: the index of the tag is read first.
  return sql`
    SELECT ${READ_COLUMNS} FROM (
      SELECT seq AS tagged FROM job_tags WHERE tag = ${tag}
        AND seq > ${after ?? 0} AND seq < ${before ?? Number.MAX_SAFE_INTEGER}
      ORDER BY seq DESC LIMIT ${MAX_JOBS_READ})
    CROSS JOIN jobs ON jobs.seq = tagged`
}

/** A page of jobs, newest first. */
export async function searchJobs(
  db: Database,
  query: JobQuery,
  limit: number,
  offset: number,
): Promise<Page> {
  const rows = await db
    .select(SHOWN_COLUMNS)
    .from(jobs)
    .where(
      sql`${jobs.seq} IN (SELECT seq FROM (${newestJobs(query)}) WHERE ${matchesAll(query)}
        LIMIT ${limit} OFFSET ${offset})`,
    )
    .orderBy(desc(jobs.seq))
  if (rows.length === limit) {
    return { rows, lastRead: null }
  }
  const [last] = await db.all<{ seq: number }>(
    sql`SELECT seq FROM (${newestJobs(query)}) LIMIT 1 OFFSET ${MAX_JOBS_READ - 1}`,
  )
  return { rows, lastRead: last?.seq ?? null }
}

/**
 * Counts the jobs, newest first. If there are more to read, `lastRead` is the `seq` of the last job
 * that was read; else null.
 */
export async function countJobs(
  db: Database,
  query: JobQuery,
): Promise<{ count: number; lastRead: number | null }> {
  const source = await findSource(db, query)
  const [row] = await db.all<{ count: number; read: number; last: number | null }>(sql`
    SELECT CAST(total(${matchesAll(query)}) AS INTEGER) AS count, count(*) AS read, min(seq) AS last
    FROM (${source})`)
  return { count: row!.count, lastRead: row!.read < MAX_JOBS_READ ? null : row!.last }
}

/** The jobs of a folder if it is small: its newest jobs are few among those of all folders. */
async function findSource(db: Database, query: JobQuery): Promise<SQL> {
  const { folder, filePath, tag } = query
  if (folder === undefined || filePath !== undefined || tag !== undefined) {
    return newestJobs(query)
  }
  const ofFolder = sql`FROM jobs INDEXED BY jobs_by_file WHERE ${isInFolder(jobs.filePath, folder)}`
  const beyond = await db.all(sql`SELECT 1 ${ofFolder} LIMIT 1 OFFSET ${MAX_JOBS_READ - 1}`)
  return beyond.length > 0 ? newestJobs(query) : sql`SELECT ${READ_COLUMNS} ${ofFolder}`
}
