/** Tables of jobs and their attempts, and of idempotency keys. */
import { sql } from 'drizzle-orm'
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import type { FailureCode } from '../../contract/failureCode.ts'
import type { ATTEMPT_OUTCOMES, JobStatus } from '../../contract/job.ts'
import type { MediaFacts } from '../../contract/mediaFacts.ts'
import type { Plan, Stage, Timings } from '../../contract/runnerProtocol.ts'
import { referenceFileList, time } from './columns.ts'
import { queues } from './queues.ts'

export const jobs = sqliteTable(
  'jobs',
  {
    /** Order of creation. Of jobs with the same priority, the lowest `seq` is claimed first. */
    seq: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    queue: text()
      .notNull()
      .references(() => queues.name),
    filePath: text().notNull(),
    /** In its canonical form, which names the variant. */
    transformation: text().notNull(),
    status: text().$type<JobStatus>().notNull().default('pending'),
    priority: integer().notNull(),
    progress: real().notNull().default(0),
    stage: text().$type<Stage>(),
    etaSeconds: real(),
    fps: real(),
    speed: real(),
    /** When the package of the current attempt became playable. Its files are under `packageKey`. */
    playableAt: time(),
    packageKey: text(),
    /** Encoders (ffmpeg's names) that a runner must have. The same set always has the same order. */
    requiredEncoders: text({ mode: 'json' }).$type<string[]>().notNull().default([]),
    /** The size class of the source. With `requiredEncoders` it decides which runners can run the job. */
    sizeClass: integer().notNull().default(0),
    /** Grows with every claim. Requests under a lower one are rejected. */
    fence: integer().notNull().default(0),
    /** Number of attempts that count. An interrupted attempt does not count, so its claim is subtracted. */
    attempt: integer().notNull().default(0),
    maxAttempts: integer().notNull(),
    leaseSeconds: integer().notNull(),
    stallSeconds: integer().notNull(),
    timeoutSeconds: integer().notNull(),
    /** The time of the next attempt; null once it is due, so that a claim never scans delayed jobs. */
    runAfter: time(),
    leaseExpiresAt: time(),
    runnerId: text(),
    /** SHA-256 of the secret of the runner that claimed the job last; null if it sent none. */
    runnerSecretHash: text(),
    /** The API key that created the job; null for the root key and for visitors. */
    apiKeyId: text(),
    sourceEtag: text().notNull(),
    sourceBytes: integer().notNull(),
    referenceFiles: referenceFileList(),
    createdAt: time().notNull(),
    startedAt: time(),
    completedAt: time(),
    error: text(),
    errorCode: text().$type<FailureCode>(),
    input: text({ mode: 'json' }).$type<MediaFacts>(),
    output: text({ mode: 'json' }).$type<MediaFacts>(),
    plan: text({ mode: 'json' }).$type<Plan>(),
    timings: text({ mode: 'json' }).$type<Timings>(),
  },
  (t) => [
    /** A variant has at most one job that is pending or running, over all queues. */
    uniqueIndex('jobs_active')
      .on(t.filePath, t.transformation)
      .where(sql`status IN ('pending', 'running')`),
    /** For claims: of all jobs that the same runners can run, the first row is the next job. */
    index('jobs_ready')
      .on(t.queue, t.requiredEncoders, t.sizeClass, t.priority, t.seq)
      .where(sql`status = 'pending' AND run_after IS NULL`),
    index('jobs_delayed')
      .on(t.queue, t.runAfter)
      .where(sql`run_after IS NOT NULL`),
    index('jobs_by_status').on(t.status, t.seq),
    index('jobs_by_queue').on(t.queue, t.seq),
    index('jobs_by_queue_status').on(t.queue, t.status, t.seq),
    index('jobs_by_file').on(t.filePath, t.seq),
    index('jobs_by_variant').on(t.filePath, t.transformation, t.seq),
    /** The jobs that count against an API key's `maxQueuedJobs`. */
    index('jobs_pending_by_api_key')
      .on(t.apiKeyId)
      .where(sql`status = 'pending' AND api_key_id IS NOT NULL`),
  ],
)

/**
 * Every claim of a job, and how it ended. Triggers on `jobs` insert, close and delete the rows; code
 * writes `command` and `stderrTail` only.
 */
export const attempts = sqliteTable(
  'attempts',
  {
    jobId: text().notNull(),
    fence: integer().notNull(),
    attempt: integer().notNull(),
    runnerId: text(),
    startedAt: time().notNull(),
    endedAt: time(),
    outcome: text().$type<(typeof ATTEMPT_OUTCOMES)[number]>(),
    errorCode: text().$type<FailureCode>(),
    error: text(),
    command: text(),
    stderrTail: text(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.fence] })],
)

/** The jobs of each request with an `Idempotency-Key`, so that a repeated request creates no others. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    key: text().primaryKey(),
    requestHash: text().notNull(),
    jobIds: text({ mode: 'json' }).$type<string[]>().notNull(),
    createdAt: time().notNull(),
  },
  (t) => [index('idempotency_keys_by_age').on(t.createdAt)],
)
