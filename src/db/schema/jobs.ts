/** Tables of jobs and their attempts, and of idempotency keys. */
import { sql } from 'drizzle-orm'
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  sqliteView,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import type { StoredChunk } from '../../contract/chunk.ts'
import type { JobDestination } from '../../contract/destination.ts'
import type { FailureCode } from '../../contract/failureCode.ts'
import type { ATTEMPT_OUTCOMES, JobStage } from '../../contract/job.ts'
import type { JobStatus } from '../../contract/jobStatus.ts'
import type { MediaFacts } from '../../contract/mediaFacts.ts'
import type { Plan } from '../../contract/plan.ts'
import type { Timings } from '../../contract/runnerProtocol.ts'
import { FINAL_STATUSES, QUEUED_STATUSES } from '../../domain/jobTransitions.ts'
import { hasStatus, referenceFileList, time } from './columns.ts'
import { queues } from './queues.ts'

/**
 * `run_after` of a job without a time of its own, the latest of a `Date`: a chunk that waits for others of its job, or a
 * job that waits for the import of its file, which has the stage `import`.
 */
export const NO_DUE_TIME = 8_640_000_000_000_000

export const jobs = sqliteTable(
  'jobs',
  {
    /**
     * Order of creation. Of several ready jobs with the same priority, a claim takes the first that
     * the runner can run.
     */
    seq: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    queue: text()
      .notNull()
      .references(() => queues.name),
    filePath: text().notNull(),
    /** The canonical form. With `filePath` it identifies the variant. */
    transformation: text().notNull(),
    status: text().$type<JobStatus>().notNull().default('pending'),
    priority: integer().notNull(),
    progress: real().notNull().default(0),
    stage: text().$type<JobStage>(),
    etaSeconds: real(),
    fps: real(),
    speed: real(),
    /** When the latest attempt's package became playable. */
    playableAt: time(),
    /** The files of the latest attempt's package are under this key. For a completed chunk: its file. */
    packageKey: text(),
    /** Encoders (ffmpeg's names) that a runner must have. Equal sets have the same order. */
    requiredEncoders: text({ mode: 'json' }).$type<string[]>().notNull().default([]),
    /** Size class of the source; 0 if the output is small (`findJobSizeClass`). */
    sizeClass: integer().notNull().default(0),
    /** Increases with every claim. Runner requests with another fence are rejected. */
    fence: integer().notNull().default(0),
    /**
     * Number of the attempt. A claim adds 1, a release subtracts 1, and a retry that a caller
     * requests sets it to 0.
     */
    attempt: integer().notNull().default(0),
    /**
     * Number of attempts that were interrupted and did not count, since the job was created or a
     * caller last requested a retry.
     */
    interruptions: integer().notNull().default(0),
    maxAttempts: integer().notNull(),
    leaseSeconds: integer().notNull(),
    stallSeconds: integer().notNull(),
    timeoutSeconds: integer().notNull(),
    chunkSeconds: integer().notNull().default(0),
    maxChunksAtOnce: integer().notNull().default(1),
    /**
     * Set for a running job that has no runner of its own: the number of its chunks while it is split, 0 while
     * its variant is exported.
     */
    chunkCount: integer(),
    /** Why the job is not split again: its chunks could not be joined. */
    unsplitReason: text(),
    /**
     * Set for a chunk, which is a row of this table: the id of its job. A chunk is claimed, reported and
     * retried like a job, but callers do not see it as one: it has no events, its `file_path` is empty,
     * and its `transformation` is its id.
     */
    parentId: text(),
    chunk: text({ mode: 'json' }).$type<StoredChunk>(),
    /**
     * Time of a delayed retry. A claim or the watchdog sets it to null once it is due. That of a chunk
     * that waits for others is `NO_DUE_TIME`, and so is that of a job whose file is imported.
     */
    runAfter: time(),
    leaseExpiresAt: time(),
    runnerId: text(),
    /** SHA-256 of the secret of the runner that claimed the job last; null before a claim. */
    runnerSecretHash: text(),
    /** The API key that created the job; null for the root key and for visitors. */
    apiKeyId: text(),
    /**
     * For a visitor's job: time of the last request for its variant, updated at most once an hour.
     * Null for other jobs, and once a caller with the scope `jobs:write` has requested the job.
     */
    lastRequestedAt: time(),
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
    /** Where the variant is exported to. */
    destination: text({ mode: 'json' }).$type<JobDestination>(),
    tags: text({ mode: 'json' }).$type<string[]>().notNull().default([]),
    metadata: text({ mode: 'json' }).$type<Record<string, string>>().notNull().default({}),
    /** The log of the attempt that completed the job (see `attempts`). */
    command: text(),
    stderrTail: text(),
  },
  (t) => [
    /**
     * A variant has at most one active job, over all queues. Only ended jobs have a `completed_at`. The
     * condition does not name the status, because a claim would then write the row of the index.
     */
    uniqueIndex('jobs_active')
      .on(t.filePath, t.transformation)
      .where(sql`completed_at IS NULL`),
    /**
     * For claims: of the jobs of a queue with the same encoders and size class, the first row is
     * claimed next.
     */
    index('jobs_ready')
      .on(t.queue, t.requiredEncoders, t.sizeClass, t.priority, t.seq)
      .where(sql`status = 'pending' AND run_after IS NULL`),
    index('jobs_delayed')
      .on(t.queue, t.runAfter)
      .where(sql`run_after IS NOT NULL`),
    index('jobs_by_parent')
      .on(t.parentId, t.seq)
      .where(sql`parent_id IS NOT NULL`),
    /** Jobs of an active status are found by `jobs_by_queue_status`. */
    index('jobs_by_final_status').on(t.status, t.seq).where(hasStatus(FINAL_STATUSES)),
    index('jobs_by_queue').on(t.queue, t.seq),
    index('jobs_by_queue_status').on(t.queue, t.status, t.seq),
    index('jobs_by_file').on(t.filePath, t.seq),
    index('jobs_by_variant').on(t.filePath, t.transformation, t.seq),
    /** The jobs that count against an API key's `maxQueuedJobs`, as in `QUEUED_STATUSES`. */
    index('jobs_pending_by_api_key')
      .on(t.apiKeyId)
      .where(sql`${hasStatus(QUEUED_STATUSES)} AND api_key_id IS NOT NULL`),
    /** The jobs that count against the maximum of visitors' pending jobs. */
    index('jobs_pending_by_visitors')
      .on(t.lastRequestedAt)
      .where(sql`${hasStatus(QUEUED_STATUSES)} AND last_requested_at IS NOT NULL`),
  ],
)

/** The jobs of each tag, newest last. Triggers on `jobs` write it. */
export const jobTags = sqliteTable(
  'job_tags',
  { tag: text().notNull(), seq: integer().notNull() },
  (t) => [primaryKey({ columns: [t.tag, t.seq] })],
)

const ATTEMPT_COLUMNS = {
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
}

/**
 * The attempts that ended without completing their job. Triggers on `jobs` insert and delete the
 * rows; code writes only `command` and `stderrTail`. Before migration 0009, each claim had a row.
 */
export const endedAttempts = sqliteTable('ended_attempts', ATTEMPT_COLUMNS, (t) => [
  primaryKey({ columns: [t.jobId, t.fence] }),
])

/**
 * Every claim of a job, and how it ended: the rows of `ended_attempts`, and those of running and
 * completed jobs, built from the row of the job. The view is in migration 0009.
 */
export const attempts = sqliteView('attempts', ATTEMPT_COLUMNS).existing()

/** Jobs of requests with an `Idempotency-Key`, for repeated requests with the same key. */
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
