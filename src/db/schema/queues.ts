/** Tables of queues: settings and counters, throughput, named presets. */
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { QUEUE_LIMITS } from '../../contract/limits.ts'
import { count, time } from './columns.ts'

/** Settings of a queue, and its number of jobs by status, so that the counts cost one row read. */
export const queues = sqliteTable('queues', {
  name: text().primaryKey(),
  concurrency: integer().notNull().default(QUEUE_LIMITS.concurrency.default),
  /** If true, no job of the queue is started. */
  paused: integer({ mode: 'boolean' }).notNull().default(false),
  /** If true, new jobs are rejected. */
  draining: integer({ mode: 'boolean' }).notNull().default(false),
  leaseSeconds: integer().notNull().default(QUEUE_LIMITS.leaseSeconds.default),
  maxAttempts: integer().notNull().default(QUEUE_LIMITS.maxAttempts.default),
  stallSeconds: integer().notNull().default(QUEUE_LIMITS.stallSeconds.default),
  timeoutSeconds: integer().notNull().default(QUEUE_LIMITS.timeoutSeconds.default),
  chunkSeconds: integer().notNull().default(QUEUE_LIMITS.chunkSeconds.default),
  maxChunksAtOnce: integer().notNull().default(QUEUE_LIMITS.maxChunksAtOnce.default),
  // Number of jobs by status. Only triggers on `jobs` write these columns.
  pending: count(),
  running: count(),
  completed: count(),
  error: count(),
  cancelled: count(),
  /** Number of running jobs that are split: no runner holds them, only their chunks. */
  split: count(),
  pendingChunks: count(),
  runningChunks: count(),
  /**
   * Totals since the migration that added them, as JSON: `claims`, `completed`, `failed`, `cancelled`,
   * `media_ms`, `processing_ms`, `stage:…` (milliseconds) and `failure:…` (attempts). Only triggers
   * write it, in the statement that writes the counters, so that it costs no further row.
   */
  totals: text().notNull().default('{}'),
})

/** Throughput of queues by hour. A trigger on `jobs` writes it; the cleaner deletes old hours. */
export const queueHourlyStats = sqliteTable(
  'queue_hourly_stats',
  {
    queue: text().notNull(),
    /** Start of the hour, in milliseconds since the epoch. */
    hour: time().notNull(),
    completed: count(),
    failed: count(),
    mediaMs: count(),
    processingMs: count(),
  },
  (t) => [primaryKey({ columns: [t.queue, t.hour] })],
)

export const namedPresets = sqliteTable(
  'named_presets',
  {
    queue: text()
      .notNull()
      .references(() => queues.name),
    name: text().notNull(),
    /**
     * The keys that the caller set, in the URL grammar. The canonical form would omit the keys with
     * their default value.
     */
    transformation: text().notNull(),
    createdAt: time().notNull(),
    updatedAt: time().notNull(),
  },
  (t) => [primaryKey({ columns: [t.queue, t.name] })],
)
