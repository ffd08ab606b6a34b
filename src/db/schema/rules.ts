/** Tables of rules for bucket events, and of the number of events. */
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { BucketEventOutcome } from '../../contract/rule.ts'
import { count, time } from './columns.ts'

export const rules = sqliteTable('rules', {
  id: text().primaryKey(),
  name: text().notNull(),
  enabled: integer({ mode: 'boolean' }).notNull(),
  prefix: text().notNull(),
  suffixes: text({ mode: 'json' }).$type<string[]>().notNull(),
  minBytes: integer(),
  maxBytes: integer(),
  queue: text().notNull(),
  /** As they were written, with short names. */
  transformations: text({ mode: 'json' }).$type<string[]>().notNull(),
  priority: integer(),
  tags: text({ mode: 'json' }).$type<string[]>().notNull(),
  /** The API key for which the jobs are made; null for the root key. A trigger deletes the rule with the key. */
  apiKeyId: text(),
  createdAt: time().notNull(),
  updatedAt: time().notNull(),
  jobsCreated: count(),
  lastJobAt: time(),
  lastError: text(),
  lastErrorAt: time(),
})

/** Number of notifications of the bucket, by what became of them. */
export const bucketEventCounts = sqliteTable('bucket_event_counts', {
  outcome: text().$type<BucketEventOutcome>().primaryKey(),
  count: count(),
  lastAt: time().notNull(),
})
