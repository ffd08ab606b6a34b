/** Statements on jobs that could be claimed now, and on the runners that hold the others. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { classOfBytes, type RunnerCapabilities } from '../domain/runnerRequirements.ts'
import type { Database } from './database.ts'
import { jobs } from './schema/index.ts'
import type { JobRow } from './rows.ts'

/** How many jobs of about the size of a runner's disk are looked at for one that fits it. */
const LOOK_AHEAD = 100

function ready(queue: string, more: SQL = sql``) {
  return sql`
  FROM jobs INDEXED BY jobs_ready
  WHERE queue = ${queue} AND status = 'pending' AND run_after IS NULL ${more}`
}
const due = sql`ORDER BY required_encoders, size_class, priority, seq LIMIT 1`

/**
 * Of each class of jobs (those that need the same and are of about one size) the next one, if it fits.
 * There are few classes however many jobs, and one that does not fit hides no other: each is found from
 * the one before by the index, without a look at the jobs in between.
 */
function heads(queue: string, { diskBytes, encoders }: RunnerCapabilities) {
  const boundary = diskBytes === undefined ? null : classOfBytes(diskBytes)
  const head =
    boundary === null
      ? sql`c.seq`
      : sql`CASE
          WHEN c.size_class < ${boundary} OR c.source_bytes <= ${diskBytes} THEN c.seq
          WHEN c.size_class = ${boundary} THEN (
            SELECT seq FROM (
              SELECT seq, source_bytes
              ${ready(queue, sql`AND required_encoders = c.required_encoders AND size_class = c.size_class`)}
              ORDER BY priority, seq LIMIT ${sql.raw(String(LOOK_AHEAD))})
            WHERE source_bytes <= ${diskBytes} LIMIT 1)
        END`
  const able =
    encoders === undefined
      ? sql`1`
      : sql`NOT EXISTS (
          SELECT 1 FROM json_each(c.required_encoders)
          WHERE value NOT IN (SELECT value FROM json_each(${JSON.stringify(encoders)})))`
  return sql`
    WITH RECURSIVE first (seq) AS (
      SELECT (SELECT seq ${ready(queue)} ${due})
      UNION ALL
      SELECT coalesce(
        (SELECT seq ${ready(queue, sql`AND required_encoders = c.required_encoders AND size_class > c.size_class`)} ${due}),
        (SELECT seq ${ready(queue, sql`AND required_encoders > c.required_encoders`)} ${due}))
      FROM first JOIN jobs AS c ON c.seq = first.seq),
    heads (seq, required_encoders, size_class, whole) AS (
      SELECT ${head}, c.required_encoders, c.size_class, ${boundary === null ? sql`1` : sql`c.size_class < ${boundary}`}
      FROM first JOIN jobs AS c ON c.seq = first.seq WHERE ${able})`
}

/** `seq` of the queue's next job that fits, by priority and then by age; no row when there is none. */
export function nextReadyJob(queue: string, fit: RunnerCapabilities) {
  return sql`
  ${heads(queue, fit)}
  SELECT jobs.seq FROM heads JOIN jobs ON jobs.seq = heads.seq
  ORDER BY jobs.priority, jobs.seq LIMIT 1`
}

/** How many of the queue's jobs fit, counted no further than `most` of a class. */
export async function countReadyJobs(
  db: Database,
  queue: string,
  fit: RunnerCapabilities,
  most: number,
): Promise<number> {
  const ofClass = ready(
    queue,
    sql`AND required_encoders = heads.required_encoders AND size_class = heads.size_class`,
  )
  const [row] = await db.all<{ n: number | null }>(sql`
    ${heads(queue, fit)}
    SELECT sum(iif(whole, (SELECT count(*) FROM (SELECT 1 ${ofClass} LIMIT ${most})), 1)) AS n
    FROM heads WHERE seq IS NOT NULL`)
  return row?.n ?? 0
}

/** The runners that hold a job, of whatever queue: few, as each queue's `concurrency` bounds them. */
export async function listBusyRunners(db: Database): Promise<string[]> {
  const rows = await db.all<{ runnerId: string }>(sql`
    SELECT DISTINCT runner_id AS runnerId FROM jobs WHERE status = 'running' AND runner_id IS NOT NULL LIMIT 1000`)
  return rows.map((row) => row.runnerId)
}

/** The running jobs that one runner holds: by rule one at most. */
export function listJobsHeldBy(db: Database, runner: string): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(sql`status = 'running'`, eq(jobs.runnerId, runner)))
    .limit(10)
}
