/**
 * The tables. What triggers keep (counters, events, attempts, retired outputs) is in
 * `migrations/0001_triggers.sql`; nothing in code writes those.
 */
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
import type { Scope } from '../contract/apiKey.ts'
import type { DurableEventType } from '../contract/events.ts'
import type { FailureCode } from '../contract/failureCode.ts'
import type { ATTEMPT_OUTCOMES, JobStatus } from '../contract/job.ts'
import { QUEUE_LIMITS } from '../contract/limits.ts'
import type { MediaFacts } from '../contract/mediaFacts.ts'
import type { Plan, Stage, Timings } from '../contract/runnerProtocol.ts'

/** A stored file that a variant is made with besides its own, as it was then. */
export interface ReferenceFile {
  path: string
  etag: string
  sizeBytes: number
}

/** Milliseconds since the epoch, by the database's caller. */
function time() {
  return integer()
}
function count() {
  return integer().notNull().default(0)
}

/** Limits, and how many jobs are in each state: one row read answers what `/queue/stats` asks. */
export const queues = sqliteTable('queues', {
  name: text().primaryKey(),
  concurrency: integer().notNull().default(QUEUE_LIMITS.concurrency.default),
  /** Runs none of its jobs. */
  paused: integer({ mode: 'boolean' }).notNull().default(false),
  /** Takes no new jobs. */
  draining: integer({ mode: 'boolean' }).notNull().default(false),
  leaseSeconds: integer().notNull().default(QUEUE_LIMITS.leaseSeconds.default),
  maxAttempts: integer().notNull().default(QUEUE_LIMITS.maxAttempts.default),
  stallSeconds: integer().notNull().default(QUEUE_LIMITS.stallSeconds.default),
  timeoutSeconds: integer().notNull().default(QUEUE_LIMITS.timeoutSeconds.default),
  pending: count(),
  running: count(),
  completed: count(),
  error: count(),
  cancelled: count(),
})

export const jobs = sqliteTable(
  'jobs',
  {
    /** The order of creation, which is the age that decides between equal priorities. */
    seq: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    queue: text()
      .notNull()
      .references(() => queues.name),
    filePath: text().notNull(),
    /** The canonical transformation. */
    transformation: text().notNull(),
    status: text().$type<JobStatus>().notNull().default('pending'),
    priority: integer().notNull(),
    progress: real().notNull().default(0),
    stage: text().$type<Stage>(),
    etaSeconds: real(),
    fps: real(),
    speed: real(),
    /** When the attempt's package could first be played; its files so far are under `packageKey`. */
    playableAt: time(),
    packageKey: text(),
    /** ffmpeg's encoders that its runner has to have, in their order. */
    requiredEncoders: text({ mode: 'json' }).$type<string[]>().notNull().default([]),
    /** `sizeClassOf` its source: with `required_encoders`, all that decides which runners it fits. */
    sizeClass: integer().notNull().default(0),
    /** Grows with every claim; what a runner says under an older one is refused. */
    fence: integer().notNull().default(0),
    /** Tries begun that count: an interruption takes its one back. */
    attempt: integer().notNull().default(0),
    maxAttempts: integer().notNull(),
    leaseSeconds: integer().notNull(),
    stallSeconds: integer().notNull(),
    timeoutSeconds: integer().notNull(),
    /** Not to be claimed before; null once due, so that a claim never scans what must wait. */
    runAfter: time(),
    leaseExpiresAt: time(),
    runnerId: text(),
    /** SHA-256 of the secret of the runner that claimed it last; null for one that has none. */
    runnerSecretHash: text(),
    /** The API key that made it; null for the key in the secret and for visitors. */
    apiKeyId: text(),
    sourceEtag: text().notNull(),
    sourceBytes: integer().notNull(),
    /** The other files that it is made with, in the order of `referencesOf`. */
    referenceFiles: text({ mode: 'json' }).$type<ReferenceFile[]>().notNull().default([]),
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
    /** Doubles are impossible: one variant has one job at work or waiting, whatever the queue. */
    uniqueIndex('jobs_active')
      .on(t.filePath, t.transformation)
      .where(sql`status IN ('pending', 'running')`),
    /** The claim: of all that fit the same runners the first row is the next job. */
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
    /** What counts against a key's maxQueuedJobs. */
    index('jobs_pending_by_api_key')
      .on(t.apiKeyId)
      .where(sql`status = 'pending' AND api_key_id IS NOT NULL`),
  ],
)

/** Every claim of a job and how it ended; rows come and close by trigger. */
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

/** Every object that an attempt began to write in R2, until it is known to be gone. */
export const outputs = sqliteTable(
  'outputs',
  {
    key: text().primaryKey(),
    jobId: text().notNull(),
    fence: integer().notNull(),
    /** The multipart upload that makes it; null: the key is that of a package, with files under it. */
    uploadId: text(),
    createdAt: time().notNull(),
    /** Nobody needs it any more: the collector removes it. */
    retired: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (t) => [
    index('outputs_by_job').on(t.jobId, t.fence),
    index('outputs_retired')
      .on(t.createdAt)
      .where(sql`retired = 1`),
  ],
)

/** Originals that are on their way in parts. */
export const uploads = sqliteTable(
  'uploads',
  {
    id: text().primaryKey(),
    filePath: text().notNull(),
    /** R2's own id of the multipart upload. */
    uploadId: text().notNull(),
    /** The API key that began it and is charged for it; null for the key in the secret. */
    apiKeyId: text(),
    createdAt: time().notNull(),
  },
  (t) => [index('uploads_by_age').on(t.createdAt)],
)

/**
 * Whose bytes an original is, as it was stored through the API last. R2 is what counts, and a row
 * follows it; triggers keep each key's `stored_bytes` by these rows and those of `storage_reservations`.
 */
export const files = sqliteTable(
  'files',
  {
    filePath: text().primaryKey(),
    /** The API key that is charged for it; null where none is, or where there is no file any more. */
    apiKeyId: text(),
    sizeBytes: integer().notNull(),
    /** Another after each change: who looks at R2 can tell that nothing was settled meanwhile. */
    revision: text().notNull(),
    recordedAt: time().notNull(),
  },
  (t) => [
    index('files_unowned')
      .on(t.recordedAt)
      .where(sql`api_key_id IS NULL`),
  ],
)

/** Bytes that a key is charged for from before they come: a whole file, or a part of an upload. */
export const storageReservations = sqliteTable(
  'storage_reservations',
  {
    /** The upload's, or one of its own for a file that comes whole. */
    id: text().notNull(),
    /** 0 for a file that comes whole. */
    part: integer().notNull(),
    apiKeyId: text().notNull(),
    filePath: text().notNull(),
    sizeBytes: integer().notNull(),
    createdAt: time().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.part] }),
    index('storage_reservations_whole')
      .on(t.createdAt)
      .where(sql`part = 0`),
  ],
)

/** What is ready to be served: the winner for each variant of each file. */
export const variants = sqliteTable(
  'variants',
  {
    filePath: text().notNull(),
    transformation: text().notNull(),
    outputKey: text().notNull(),
    jobId: text().notNull(),
    sizeBytes: integer().notNull(),
    /** The original that it was made from; another etag there means that this one is stale. */
    sourceEtag: text().notNull(),
    /** The same for the other files that it was made with. */
    referenceFiles: text({ mode: 'json' }).$type<ReferenceFile[]>().notNull().default([]),
    createdAt: time().notNull(),
  },
  (t) => [primaryKey({ columns: [t.filePath, t.transformation] })],
)

/** Which variants were made with a file besides their own; a row goes with its variant, by trigger. */
export const variantReferences = sqliteTable(
  'variant_references',
  {
    path: text().notNull(),
    filePath: text().notNull(),
    transformation: text().notNull(),
    etag: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.path, t.filePath, t.transformation] })],
)

/** Transformations that go by a name in a queue. */
export const namedPresets = sqliteTable(
  'named_presets',
  {
    queue: text()
      .notNull()
      .references(() => queues.name),
    name: text().notNull(),
    /** As it was written: a canonical form would have lost what says which kind it is. */
    transformation: text().notNull(),
    createdAt: time().notNull(),
    updatedAt: time().notNull(),
  },
  (t) => [primaryKey({ columns: [t.queue, t.name] })],
)

/** The event log; `seq` is the id of the server-sent event. */
export const events = sqliteTable(
  'events',
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    queue: text().notNull(),
    jobId: text().notNull(),
    filePath: text().notNull(),
    type: text().$type<DurableEventType>().notNull(),
    data: text().notNull(),
    createdAt: time().notNull(),
  },
  (t) => [index('events_by_queue').on(t.queue, t.seq)],
)

/** Throughput by hour (milliseconds since the epoch, floored to the hour). */
export const queueHourlyStats = sqliteTable(
  'queue_hourly_stats',
  {
    queue: text().notNull(),
    hour: time().notNull(),
    completed: count(),
    failed: count(),
    mediaMs: count(),
    processingMs: count(),
  },
  (t) => [primaryKey({ columns: [t.queue, t.hour] })],
)

/** Answers to `Idempotency-Key`, so that a request sent again makes nothing twice. */
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

/** Who may call. Of a key there is only its hash: it is shown once, when it is made. */
export const apiKeys = sqliteTable('api_keys', {
  id: text().primaryKey(),
  name: text().notNull(),
  /** SHA-256 in hex. Keys are 256 random bits, so looking one up by its hash tells nothing of it. */
  hash: text().notNull().unique(),
  scopes: text({ mode: 'json' }).$type<Scope[]>().notNull(),
  queue: text(),
  pathPrefix: text(),
  maxStreams: integer(),
  maxQueuedJobs: integer(),
  maxStoredBytes: integer(),
  /** Kept by triggers. */
  storedBytes: count(),
  expiresAt: time(),
  disabled: integer({ mode: 'boolean' }).notNull().default(false),
  createdAt: time().notNull(),
  /** To the hour, so that a request is not a write. */
  lastUsedAt: time(),
})
