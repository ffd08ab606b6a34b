/** Pages and counts of jobs: what each reads is bounded, for callers who see only a folder too. */
import { and, desc, eq, lt, type SQL, sql } from 'drizzle-orm'
import type { JobStatus, ListJobs } from '../contract/job.ts'
import { prefixUpperBound, type Restriction } from '../domain/caller.ts'
import type { Database } from './database.ts'
import { jobs } from './schema/index.ts'
import { isInFolder, isVisibleJob } from './accessConditions.ts'
import type { JobRow } from './rows.ts'

/**
 * How many jobs are looked at for a page or a count of a folder. No index has a folder's jobs by age:
 * so many are found by path and sorted; of a larger folder the newest jobs of all are gone through.
 */
const MAX_OF_FOLDER = 10_000

type PageOf = Omit<ListJobs, 'cursor'> & { before: number | null }

export interface Page {
  rows: JobRow[]
  /** Where to go on though the page is not full, when as many jobs as may be were looked at. */
  lookedTo: number | null
}

/** Newest first. Without an offset the cost of a page does not depend on how deep it lies. */
export async function listJobRows(db: Database, list: PageOf, within: Restriction): Promise<Page> {
  const { pathPrefix } = within
  const page = async (where: SQL | undefined) =>
    db
      .select()
      .from(jobs)
      .where(where)
      .orderBy(desc(jobs.seq))
      .limit(list.limit)
      .offset(list.offset)
  // A file has few jobs, and an index that has them by age.
  if (pathPrefix === null || list.filePath !== undefined) {
    return { rows: await page(and(wanted(list), isVisibleJob(within))), lookedTo: null }
  }

  const known = { ...list, queue: within.queue ?? list.queue }
  if (within.queue !== null && list.queue !== undefined && list.queue !== within.queue) {
    return { rows: [], lookedTo: null }
  }
  if (!(await isLargeFolder(db, pathPrefix))) {
    const members = sql`${jobs.seq} IN (
      SELECT seq FROM jobs INDEXED BY jobs_by_file WHERE ${isInFolder(jobs.filePath, pathPrefix)})`
    // The plus keeps SQLite from another index, which would have it look at other folders' jobs.
    const filter = sql.join(
      [
        members,
        ...(known.queue === undefined ? [] : [sql`+queue = ${known.queue}`]),
        ...(known.status === undefined ? [] : [sql`+status = ${known.status}`]),
        ...(known.before === null ? [] : [sql`+seq < ${known.before}`]),
      ],
      sql` AND `,
    )
    return { rows: await page(filter), lookedTo: null }
  }
  const [last] = await db
    .select({ seq: jobs.seq })
    .from(jobs)
    .where(wanted(known))
    .orderBy(desc(jobs.seq))
    .limit(1)
    .offset(MAX_OF_FOLDER - 1)
  const rows = await page(
    and(
      wanted(known),
      last && sql`${jobs.seq} >= ${last.seq}`,
      sql`+file_path >= ${pathPrefix} AND +file_path < ${prefixUpperBound(pathPrefix)}`,
    ),
  )
  return { rows, lookedTo: last?.seq ?? null }
}

function wanted(list: PageOf) {
  return and(
    list.status === undefined ? undefined : eq(jobs.status, list.status),
    list.queue === undefined ? undefined : eq(jobs.queue, list.queue),
    list.filePath === undefined ? undefined : eq(jobs.filePath, list.filePath),
    list.before === null ? undefined : lt(jobs.seq, list.before),
  )
}

/** Whether a folder has more jobs than may be looked at. */
export async function isLargeFolder(db: Database, prefix: string): Promise<boolean> {
  const rows = await db.all(sql`
    SELECT 1 FROM jobs INDEXED BY jobs_by_file WHERE ${isInFolder(jobs.filePath, prefix)}
    LIMIT 1 OFFSET ${MAX_OF_FOLDER}`)
  return rows.length > 0
}

export interface FolderCounts {
  status: JobStatus
  /** The hour (ms) in which these ended, if it is one of those asked for. */
  hour: number | null
  jobs: number
  mediaSeconds: number
  processingMs: number
}

/** A folder's jobs by status, and what ended since `since` (ms) by hour; the first so many by path. */
export function countJobsWithin(
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
      LIMIT ${MAX_OF_FOLDER})
    WHERE ${queue} IS NULL OR queue = ${queue}
    GROUP BY 1, 2`)
}
