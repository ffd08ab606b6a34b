/** Statements on API keys. */
import { and, desc, eq, isNull, lt, or, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { apiKeys } from './schema/index.ts'
import type { ApiKeyRow } from './rows.ts'

type Changes = Partial<
  Pick<
    ApiKeyRow,
    'name' | 'disabled' | 'expiresAt' | 'maxStreams' | 'maxQueuedJobs' | 'maxStoredBytes'
  >
>

export async function countKeys(db: Database): Promise<number> {
  return db.$count(apiKeys)
}

export function insertKey(db: Database, key: typeof apiKeys.$inferInsert): Promise<ApiKeyRow> {
  return db
    .insert(apiKeys)
    .values(key)
    .returning()
    .then((rows) => rows[0]!)
}

export function findKey(db: Database, id: string): Promise<ApiKeyRow | undefined> {
  return db.select().from(apiKeys).where(eq(apiKeys.id, id)).get()
}

export function findKeyByHash(db: Database, hash: string): Promise<ApiKeyRow | undefined> {
  return db.select().from(apiKeys).where(eq(apiKeys.hash, hash)).get()
}

/** Returns all keys, newest first. Needs no paging: the number of keys is limited on creation. */
export function listKeyRows(db: Database): Promise<ApiKeyRow[]> {
  return db
    .select()
    .from(apiKeys)
    .orderBy(desc(apiKeys.createdAt), desc(sql`rowid`))
}

/** Returns the changed key, or undefined if it does not exist. */
export function updateKey(
  db: Database,
  id: string,
  changes: Changes,
): Promise<ApiKeyRow | undefined> {
  return db
    .update(apiKeys)
    .set(changes)
    .where(eq(apiKeys.id, id))
    .returning()
    .then((rows) => rows[0])
}

/** Returns false if the key does not exist. */
export async function deleteKeyRow(db: Database, id: string): Promise<boolean> {
  return (await db.delete(apiKeys).where(eq(apiKeys.id, id)).returning()).length > 0
}

/** Records that a key was used at `now`, unless a use at or after `before` is recorded (ms). */
export async function recordKeyUse(
  db: Database,
  id: string,
  now: number,
  before: number,
): Promise<void> {
  await db
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, before))))
}
