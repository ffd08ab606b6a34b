/** Statements on jobs that could be claimed now, and on the runners that hold the others. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { IMAGE_FORMATS } from '../contract/transformation.ts'
import { type Fit, FORMATS } from '../domain/fit.ts'
import type { Database } from './database.ts'
import { jobs } from './schema.ts'
import type { JobRow } from './rows.ts'

/**
 * How many of a queue's first jobs are looked at for one that fits. It bounds what a claim reads when
 * the first ones do not; where the very first fits, which is the rule, no more is read than that one.
 */
const LOOK_AHEAD = 20

/** The format that a canonical transformation names, as `canonicalForm` writes it. */
const format = sql`CASE ${sql.join(
  FORMATS.map(
    (name) => sql`WHEN instr(variant, ${sql.raw(`'f_${name}'`)}) THEN ${sql.raw(`'${name}'`)}`,
  ),
  sql` `,
)} WHEN instr(variant, 't_true') THEN 'jpg' ELSE 'mp4' END`

const oneOf = (names: readonly string[]) =>
  sql`${format} IN (${sql.join(
    names.map((name) => sql.raw(`'${name}'`)),
    sql`, `,
  )})`

const fits = ({ diskBytes, lacks = [] }: Fit): SQL => sql`
  ${diskBytes === undefined ? sql`1` : sql`(source_bytes <= ${diskBytes} OR ${oneOf(IMAGE_FORMATS)})`}
  AND ${lacks.length === 0 ? sql`1` : sql`NOT ${oneOf(lacks)}`}`

/** `seq` of the queue's next jobs that fit, in the order in which they are due. */
export const readyFor = (queue: string, fit: Fit) => sql`
  SELECT seq FROM (
    SELECT seq, variant, source_bytes FROM jobs INDEXED BY jobs_ready
    WHERE queue = ${queue} AND status = 'pending' AND run_after IS NULL
    ORDER BY priority, seq LIMIT ${sql.raw(String(LOOK_AHEAD))})
  WHERE ${fits(fit)}`

/** How many of the queue's next jobs fit, counted no further than LOOK_AHEAD. */
export async function countReady(db: Database, queue: string, fit: Fit): Promise<number> {
  const [row] = await db.all<{ n: number }>(
    sql`SELECT count(*) AS n FROM (${readyFor(queue, fit)})`,
  )
  return row!.n
}

/** The runners that hold a job, of whatever queue: few, as each queue's `concurrency` bounds them. */
export async function listRunnersAtWork(db: Database): Promise<string[]> {
  const rows = await db.all<{ runner: string }>(sql`
    SELECT DISTINCT runner FROM jobs WHERE status = 'running' AND runner IS NOT NULL LIMIT 1000`)
  return rows.map((row) => row.runner)
}

/** The running jobs that one runner holds: by rule one at most. */
export function listHeldBy(db: Database, runner: string): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(sql`status = 'running'`, eq(jobs.runner, runner)))
    .limit(10)
}
