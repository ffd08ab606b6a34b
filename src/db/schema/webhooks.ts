/** Tables of webhooks: endpoints, the URLs that jobs name, and deliveries. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { DELIVERY_STATUSES, DISABLED_REASONS } from '../../contract/webhook.ts'
import { count, time } from './columns.ts'

/**
 * Receivers of events. An endpoint that the API created has a cursor. The origins of the URLs that jobs
 * name (`webhookUrl`) are endpoints without one, so that the failures of each are counted: they share the
 * cursor of the row `JOB_URLS`, which is no endpoint itself. A trigger inserts an event when the service disables
 * an endpoint, and another deletes the endpoints of a restricted API key with the key.
 */
export const webhookEndpoints = sqliteTable(
  'webhook_endpoints',
  {
    id: text().primaryKey(),
    url: text().notNull(),
    forJobs: integer({ mode: 'boolean' }).notNull().default(false),
    queue: text(),
    /** Ends in a slash. */
    pathPrefix: text(),
    /** Types of the event log, with a colon. */
    types: text({ mode: 'json' }).$type<string[]>().notNull(),
    description: text().notNull().default(''),
    /** The API key on which the endpoint depends: a restricted one, or that of the jobs. */
    apiKeyId: text(),
    /** Sealed. Empty for the origins of job URLs, whose secret is derived from the key. */
    secret: text().notNull().default(''),
    previousSecret: text(),
    previousSecretExpiresAt: time(),
    /** Sequence number of the last event that the endpoint was handed or that did not match. */
    cursor: integer(),
    createdAt: time().notNull(),
    disabledAt: time(),
    disabledReason: text().$type<(typeof DISABLED_REASONS)[number]>(),
    /** A deleted endpoint is kept until the cleaner has deleted its deliveries. */
    deletedAt: time(),
    /** Number of rounds in a row without a success. */
    failures: count(),
    failingSince: time(),
    /** While it fails: nothing is sent before. */
    retryAt: time(),
    /** `retryAt` is not brought forward to before this time, which the receiver asked for. */
    heldUntil: time(),
    /** When there is something to send; null if nothing waits. */
    wakeAt: time(),
    /** One invocation at a time sends to an endpoint, until this time. */
    lockedUntil: integer().notNull().default(0),
    delivered: count(),
    failedAttempts: count(),
    /** The last range of sequence numbers that the cleaner deleted before the endpoint was handed it. */
    lostFrom: integer(),
    lostTo: integer(),
  },
  (t) => [
    /** The dispatcher does not read the origins of job URLs, of which there can be many. */
    index('webhook_endpoints_with_cursor')
      .on(t.id)
      .where(sql`for_jobs = 0`),
  ],
)

/** Id of the row with the cursor of all job URLs. */
export const JOB_URLS = 'job-urls'

/**
 * The URLs to which the events of a job are sent. A trigger sets `jobDeletedAt`. A table WITHOUT ROWID, like the
 * next one, which drizzle cannot express.
 */
export const jobWebhooks = sqliteTable(
  'job_webhooks',
  {
    jobId: text().notNull(),
    /** The endpoint of the URL's origin. */
    endpointId: text().notNull(),
    url: text().notNull(),
    /** When the job was deleted: its last events may not have been handed out yet. */
    jobDeletedAt: time(),
  },
  (t) => [
    primaryKey({ columns: [t.jobId, t.endpointId] }),
    index('job_webhooks_deleted')
      .on(t.jobDeletedAt)
      .where(sql`job_deleted_at IS NOT NULL`),
  ],
)

/**
 * An event for an endpoint: what is to be sent, and what became of it.
 */
export const webhookDeliveries = sqliteTable(
  'webhook_deliveries',
  {
    endpointId: text().notNull(),
    /** Sequence number of the event. */
    seq: integer().notNull(),
    type: text().notNull(),
    /** Empty for events of no job. */
    jobId: text().notNull(),
    /** For a job URL; otherwise null, so that a changed URL of the endpoint holds for all. */
    url: text(),
    /** The payload. Null once it is delivered: a replay builds it from the event's columns and the job. */
    body: text(),
    queue: text().notNull(),
    filePath: text().notNull(),
    eventAt: time().notNull(),
    eventError: text(),
    /** When it was created or last replayed. */
    queuedAt: time().notNull(),
    status: text().$type<(typeof DELIVERY_STATUSES)[number]>().notNull().default('pending'),
    attempts: count(),
    lastAttemptAt: time(),
    /** Set exactly while it is pending. */
    nextAttemptAt: time(),
    responseStatus: integer(),
    durationMs: integer(),
    response: text(),
    error: text(),
  },
  (t) => [
    primaryKey({ columns: [t.endpointId, t.seq] }),
    index('webhook_deliveries_pending')
      .on(t.endpointId, t.nextAttemptAt)
      .where(sql`next_attempt_at IS NOT NULL`),
    index('webhook_deliveries_failed')
      .on(t.endpointId, t.seq)
      .where(sql`status = 'failed'`),
  ],
)
