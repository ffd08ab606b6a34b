/** Statements on jobs that can be claimed now, and on the runners that hold running jobs. */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import {
  CHUNK_SIZE_CLASS,
  findSizeClass,
  type JobRequirements,
  type RunnerCapabilities,
} from '../domain/runnerRequirements.ts'
import type { Database } from './database.ts'
import { jobs } from './schema/index.ts'
import type { JobRow } from './rows.ts'

/** The chunks that a claim considers. */
export interface ChunkClaim {
  /** False for a runner that makes no chunks. */
  takesChunks: boolean
  /** True if a job precedes a chunk with the same priority, whatever their age. */
  prefersJobs: boolean
  /**
   * Id of a split job of which the runner makes a chunk: nothing but another one is claimed, if that is
   * next, and if as many are left as other runners make chunks of the queue.
   */
  anotherChunkOf?: string | undefined
  /** This runner gets a chunk that it has failed again only after `OTHER_RUNNERS_MS`. */
  runnerId: string
  now: number
}

/** Time from the start of a failed attempt of a chunk in which only other runners can claim it. */
const OTHER_RUNNERS_MS = 30_000

/** Maximum number of jobs of one class that a statement lists or compares with a disk. */
const MAX_JOBS_CHECKED = 100

function fromReadyJobs(queue: string, conditions: SQL = sql``) {
  return sql`
  FROM jobs INDEXED BY jobs_ready
  WHERE queue = ${queue} AND status = 'pending' AND run_after IS NULL ${conditions}`
}

/** Takes the first row in the order of the index `jobs_ready`. */
const FIRST_IN_INDEX = sql`ORDER BY required_encoders, size_class, priority, seq LIMIT 1`

/**
 * The CTE `candidates`: for each class of ready jobs whose encoders the runner has, the next job
 * that the runner can run; `seq` is null if there is none. A class is all jobs with the same
 * required encoders and the same size class. The query seeks in the index from each class to the
 * next, without reading the jobs in between, so its cost depends on the number of classes. In the
 * size class of the runner's disk, at most the next MAX_JOBS_CHECKED jobs of a class are compared
 * with the disk.
 *
 * Column `whole_class`: true if the size class alone shows that the runner can run all jobs of the
 * class.
 */
function withCandidates(
  queue: string,
  { diskBytes, encoders }: RunnerCapabilities,
  chunks: ChunkClaim | null = null,
) {
  const diskClass = diskBytes === undefined ? null : findSizeClass(diskBytes)
  const sameClass = sql`
    AND required_encoders = c.required_encoders AND size_class = c.size_class`
  const nextChunk =
    chunks === null
      ? sql`c.seq`
      : sql`(
          SELECT seq FROM (
            SELECT seq, attempt, runner_id, started_at
            ${fromReadyJobs(queue, sameClass)}
            ORDER BY priority, seq LIMIT ${sql.raw(String(MAX_JOBS_CHECKED))})
          WHERE attempt = 0 OR runner_id IS NOT ${chunks.runnerId}
            OR started_at < ${chunks.now - OTHER_RUNNERS_MS} LIMIT 1)`
  const nextJob =
    diskClass === null
      ? sql`c.seq`
      : sql`CASE
          WHEN c.size_class < ${diskClass} OR c.source_bytes <= ${diskBytes} THEN c.seq
          WHEN c.size_class = ${diskClass} THEN (
            SELECT seq FROM (
              SELECT seq, source_bytes
              ${fromReadyJobs(queue, sameClass)}
              ORDER BY priority, seq LIMIT ${sql.raw(String(MAX_JOBS_CHECKED))})
            WHERE source_bytes <= ${diskBytes} LIMIT 1)
        END`
  const nextOfClass = sql`iif(c.size_class = ${CHUNK_SIZE_CLASS}, ${nextChunk}, ${nextJob})`
  const wholeClass = diskClass === null ? sql`1` : sql`c.size_class < ${diskClass}`
  const hasEncoders =
    encoders === undefined
      ? sql`1`
      : sql`NOT EXISTS (
          SELECT 1 FROM json_each(c.required_encoders)
          WHERE value NOT IN (SELECT value FROM json_each(${JSON.stringify(encoders)})))`
  const nextSizeClass = sql`
    AND required_encoders = c.required_encoders AND size_class > c.size_class`
  const nextEncoders = sql`AND required_encoders > c.required_encoders`
  return sql`
    WITH RECURSIVE first_of_class (seq) AS (
      SELECT (SELECT seq ${fromReadyJobs(queue)} ${FIRST_IN_INDEX})
      UNION ALL
      SELECT coalesce(
        (SELECT seq ${fromReadyJobs(queue, nextSizeClass)} ${FIRST_IN_INDEX}),
        (SELECT seq ${fromReadyJobs(queue, nextEncoders)} ${FIRST_IN_INDEX}))
      FROM first_of_class JOIN jobs AS c ON c.seq = first_of_class.seq),
    candidates (seq, required_encoders, size_class, whole_class) AS (
      SELECT ${nextOfClass}, c.required_encoders, c.size_class, ${wholeClass}
      FROM first_of_class JOIN jobs AS c ON c.seq = first_of_class.seq WHERE ${hasEncoders})`
}

/**
 * Query: the `seq` of the queue's next job that the runner can run, by priority and then age. Jobs
 * whose `priority` is a larger number than `maxPriority` are ignored; if it is null, none are. In a
 * paused queue, only chunks are claimed: their jobs are running.
 */
export function nextClaimableJob(
  queue: string,
  capabilities: RunnerCapabilities,
  maxPriority: number | null,
  chunks: ChunkClaim,
) {
  const order = chunks.prefersJobs ? sql`jobs.size_class = ${CHUNK_SIZE_CLASS},` : sql``
  const isTaken = chunks.takesChunks ? sql`` : sql`AND jobs.parent_id IS NULL`
  const next = sql`
  SELECT jobs.seq, jobs.parent_id, jobs.size_class, jobs.required_encoders
  FROM candidates JOIN jobs ON jobs.seq = candidates.seq
  WHERE (${maxPriority} IS NULL OR jobs.priority <= ${maxPriority}) ${isTaken}
    AND (jobs.parent_id IS NOT NULL OR NOT (SELECT paused FROM queues WHERE name = ${queue}))
  ORDER BY jobs.priority, ${order} jobs.seq LIMIT 1`
  const condition =
    chunks.anotherChunkOf === undefined
      ? sql``
      : isAnotherChunk(queue, chunks.anotherChunkOf, chunks)
  return sql`
  ${withCandidates(queue, capabilities, chunks)}
  SELECT seq FROM (${next}) AS next ${condition}`
}

/** Condition on the next job, see `ChunkClaim`. */
function isAnotherChunk(queue: string, jobId: string, { runnerId }: ChunkClaim): SQL {
  const ready = fromReadyJobs(
    queue,
    sql`
    AND required_encoders = next.required_encoders AND size_class = next.size_class
    AND parent_id = next.parent_id`,
  )
  return sql`
  WHERE next.parent_id = ${jobId} AND next.size_class = ${CHUNK_SIZE_CLASS}
    AND (SELECT count(*) ${ready}) > ${countOtherChunkRunners(queue, runnerId)}`
}

/**
 * Lists the queue's ready jobs with their requirements, in the order of claims. Of each class, at
 * most the next MAX_JOBS_CHECKED jobs are listed.
 */
export async function listReadyJobs(db: Database, queue: string): Promise<JobRequirements[]> {
  const ofClass = fromReadyJobs(
    queue,
    sql`AND required_encoders = candidates.required_encoders
      AND size_class = candidates.size_class`,
  )
  const rows = await db.all<{ jobs: string }>(sql`
    ${withCandidates(queue, {})}
    SELECT (
      SELECT json_group_array(json_object(
        'requiredEncoders', json(required_encoders), 'sizeClass', size_class,
        'sourceBytes', source_bytes, 'priority', priority, 'seq', seq))
      FROM (
        SELECT required_encoders, size_class, source_bytes, priority, seq ${ofClass}
        ORDER BY priority, seq LIMIT ${sql.raw(String(MAX_JOBS_CHECKED))})) AS jobs
    FROM candidates WHERE seq IS NOT NULL`)
  return rows
    .flatMap(({ jobs: list }) => JSON.parse(list) as ReadyJob[])
    .toSorted((a, b) => a.priority - b.priority || a.seq - b.seq)
}

interface ReadyJob extends JobRequirements {
  priority: number
  seq: number
}

/**
 * Counts the queue's ready jobs that a runner with these capabilities can run, up to `limit` in
 * each class. In the size class of the runner's disk, at most the next MAX_JOBS_CHECKED jobs of a
 * class are compared with the disk.
 */
export async function countClaimableJobs(
  db: Database,
  queue: string,
  capabilities: RunnerCapabilities,
  limit: number,
): Promise<number> {
  const ofClass = fromReadyJobs(
    queue,
    sql`AND required_encoders = candidates.required_encoders
      AND size_class = candidates.size_class`,
  )
  const [row] = await db.all<{ n: number | null }>(sql`
    ${withCandidates(queue, capabilities)}
    SELECT sum(CASE WHEN whole_class
      THEN (SELECT count(*) FROM (SELECT 1 ${ofClass} LIMIT ${limit}))
      ELSE min(${limit}, (
        SELECT count(*) FROM (
          SELECT source_bytes ${ofClass}
          ORDER BY priority, seq LIMIT ${sql.raw(String(MAX_JOBS_CHECKED))})
        WHERE source_bytes <= ${capabilities.diskBytes ?? null})) END) AS n
    FROM candidates WHERE seq IS NOT NULL`)
  return row?.n ?? 0
}

/**
 * Query: the number of other runners that hold chunks of the queue. A runner holds several while it uploads
 * one, and while it encodes audio beside video.
 */
export function countOtherChunkRunners(queue: string, runnerId: string): SQL {
  return sql`(
    SELECT count(DISTINCT runner_id) FROM jobs AS held
    WHERE held.queue = ${queue} AND held.status = 'running' AND held.parent_id IS NOT NULL
      AND held.runner_id <> ${runnerId})`
}

/** Condition: the job is running, in any queue. It names the queues for the index. */
export const isRunningAnywhere = sql`queue IN (SELECT name FROM queues) AND status = 'running'`

/** Condition: a runner holds the job. That of an exported variant has finished its attempt. */
const isHeldAnywhere = sql`${isRunningAnywhere} AND stage IS NOT 'export'`

/** Ids of the runners that hold a job of any queue, at most 1,000. */
export async function listBusyRunners(db: Database): Promise<string[]> {
  const rows = await db.all<{ runnerId: string }>(sql`
    SELECT DISTINCT runner_id AS runnerId FROM jobs
    WHERE ${isHeldAnywhere} AND runner_id IS NOT NULL LIMIT 1000`)
  return rows.map((row) => row.runnerId)
}

/**
 * The running jobs that one runner holds, at most 50. A runner runs up to 16 small jobs, and uploads
 * the outputs of as many.
 */
export function listJobsHeldBy(db: Database, runnerId: string): Promise<JobRow[]> {
  return db
    .select()
    .from(jobs)
    .where(and(isHeldAnywhere, eq(jobs.runnerId, runnerId)))
    .limit(50)
}
