/**
 * Statements on tus uploads. A request locks an upload before it stores bytes. Every statement that
 * changes a locked upload names the lock, so it has no effect after another request has taken the
 * lock.
 */
import { and, eq, isNull, sql } from 'drizzle-orm'
import { type Database, first, statement } from './database.ts'
import type { TusUploadRow, UploadRow } from './rows.ts'
import { tusUploads, uploads } from './schema/index.ts'

export interface TusUpload {
  upload: UploadRow
  tus: TusUploadRow
}

/** An upload that a request has locked. */
export interface TusLock {
  id: string
  token: string
}

export interface StoredPart {
  partNumber: number
  etag: string
  size: number
}

export async function insertTusUpload(
  db: Database,
  upload: typeof uploads.$inferInsert,
  tus: typeof tusUploads.$inferInsert,
): Promise<void> {
  await db.batch([db.insert(uploads).values(upload), db.insert(tusUploads).values(tus)])
}

/** Without a join, because both tables have a column `id`. */
export async function findTusUpload(db: Database, id: string): Promise<TusUpload | undefined> {
  const [uploadRows, tusRows] = await db.batch([
    db.select().from(uploads).where(eq(uploads.id, id)),
    db.select().from(tusUploads).where(eq(tusUploads.id, id)),
  ])
  const upload = first(uploadRows)
  const tus = first(tusRows)
  return upload && tus && { upload, tus }
}

/** The unfinished uploads that signed URLs for this path have created. */
export function listSignedUploads(db: Database, signedPath: string): Promise<UploadRow[]> {
  return db
    .select({ upload: uploads })
    .from(tusUploads)
    .innerJoin(uploads, eq(uploads.id, tusUploads.id))
    .where(and(eq(tusUploads.signedPath, signedPath), isNull(uploads.completedAt)))
    .then((rows) => rows.map(({ upload }) => upload))
}

/**
 * Locks an upload until `until` (ms), unless another request holds the lock, the upload has ended or
 * its offset is not `offset`. Returns the locked row; undefined if it was not locked.
 */
export async function lockTusUpload(
  db: Database,
  { id, token }: TusLock,
  offset: number,
  now: number,
  until: number,
): Promise<TusUploadRow | undefined> {
  const rows = await db
    .update(tusUploads)
    .set({ lockToken: token, lockedUntil: until })
    .where(
      and(
        eq(tusUploads.id, id),
        eq(tusUploads.offsetBytes, offset),
        sql`(lock_token IS NULL OR locked_until < ${now})`,
        sql`EXISTS (SELECT 1 FROM uploads WHERE id = ${id} AND completed_at IS NULL)`,
      ),
    )
    .returning()
  return first(rows)
}

function isHeld({ id, token }: TusLock) {
  return and(eq(tusUploads.id, id), eq(tusUploads.lockToken, token))
}

/** Extends a lock until `until` (ms). Returns false if it is not held any more. */
export async function extendTusLock(db: Database, lock: TusLock, until: number): Promise<boolean> {
  const result = await db.update(tusUploads).set({ lockedUntil: until }).where(isHeld(lock))
  return result.meta.changes > 0
}

export async function releaseTusLock(db: Database, lock: TusLock): Promise<void> {
  await db.update(tusUploads).set({ lockToken: null }).where(isHeld(lock))
}

/** Sets the length of an upload whose length was deferred. */
export async function setTusLength(
  db: Database,
  id: string,
  lengthBytes: number,
): Promise<boolean> {
  const result = await db
    .update(tusUploads)
    .set({ lengthBytes })
    .where(and(eq(tusUploads.id, id), isNull(tusUploads.lengthBytes)))
  return result.meta.changes > 0
}

/**
 * Records what a request has stored: the parts, the offset, and the key of the tail. Returns false,
 * and records nothing, if the lock is not held any more.
 */
export async function recordTusProgress(
  db: Database,
  lock: TusLock,
  stored: { parts: StoredPart[]; offsetBytes: number; tailKey: string | null },
): Promise<boolean> {
  const { parts, offsetBytes, tailKey } = stored
  const insertParts = statement(
    db,
    sql`
    INSERT INTO upload_parts (upload_id, part, etag, size_bytes)
    SELECT t.id, p.value ->> 'partNumber', p.value ->> 'etag', p.value ->> 'size'
    FROM tus_uploads AS t, json_each(${JSON.stringify(parts)}) AS p
    WHERE t.id = ${lock.id} AND t.lock_token = ${lock.token}
    ON CONFLICT DO UPDATE SET etag = excluded.etag, size_bytes = excluded.size_bytes`,
  )
  const update = db.update(tusUploads).set({ offsetBytes, tailKey }).where(isHeld(lock))
  const [, result] = await db.batch([insertParts, update])
  return result.meta.changes > 0
}
