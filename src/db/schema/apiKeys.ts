/** API keys: scopes, restriction, limits and use. */
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Scope } from '../../contract/apiKey.ts'
import { count, time } from './columns.ts'

export const apiKeys = sqliteTable('api_keys', {
  id: text().primaryKey(),
  name: text().notNull(),
  /** SHA-256 of the key, in hex. The key has 256 random bits and is shown only at its creation. */
  hash: text().notNull().unique(),
  scopes: text({ mode: 'json' }).$type<Scope[]>().notNull(),
  queue: text(),
  pathPrefix: text(),
  maxStreams: integer(),
  maxQueuedJobs: integer(),
  maxStoredBytes: integer(),
  /** Bytes that are charged to the key: its files and reservations. Only triggers write it. */
  storedBytes: count(),
  expiresAt: time(),
  disabled: integer({ mode: 'boolean' }).notNull().default(false),
  createdAt: time().notNull(),
  /** Updated at most once an hour, so that most requests cost no write. */
  lastUsedAt: time(),
})
