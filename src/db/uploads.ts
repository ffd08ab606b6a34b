/** Statements on multipart uploads of originals. */
import { and, asc, eq, lt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { uploadParts, uploads } from './schema/index.ts'
import type { UploadRow } from './rows.ts'

export async function insertUpload(
  db: Database,
  upload: typeof uploads.$inferInsert,
): Promise<void> {
  await db.insert(uploads).values(upload)
}

export function findUpload(db: Database, id: string): Promise<UploadRow | undefined> {
  return db.select().from(uploads).where(eq(uploads.id, id)).get()
}

export async function deleteUpload(db: Database, id: string): Promise<void> {
  await db.delete(uploads).where(eq(uploads.id, id))
}

/** Records a stored part, replacing an earlier one with its number, unless the upload has ended. */
export async function recordUploadPart(
  db: Database,
  uploadId: string,
  { partNumber, etag, sizeBytes }: { partNumber: number; etag: string; sizeBytes: number },
): Promise<void> {
  await db.run(sql`
    INSERT INTO upload_parts (upload_id, part, etag, size_bytes)
    SELECT id, ${partNumber}, ${etag}, ${sizeBytes} FROM uploads
    WHERE id = ${uploadId} AND completed_at IS NULL
    ON CONFLICT DO UPDATE SET etag = excluded.etag, size_bytes = excluded.size_bytes`)
}

/** The stored parts of an upload, in the order of their numbers. */
export function listUploadParts(db: Database, uploadId: string) {
  return db
    .select({
      partNumber: uploadParts.part,
      etag: uploadParts.etag,
      size: uploadParts.sizeBytes,
    })
    .from(uploadParts)
    .where(eq(uploadParts.uploadId, uploadId))
    .orderBy(asc(uploadParts.part))
}

/** Records the completion of an upload. */
export async function recordCompletedUpload(
  db: Database,
  id: string,
  completion: { completedAt: number; partsHash: string; etag: string; sizeBytes: number },
): Promise<void> {
  await db.update(uploads).set(completion).where(eq(uploads.id, id))
}

/**
 * Uploads that began before `before` (ms), oldest first.
 *
 * @param after the last upload of the previous page; null for the first page
 */
export function listUploadsBefore(
  db: Database,
  before: number,
  limit: number,
  after: UploadRow | null,
): Promise<UploadRow[]> {
  const isAfter = after && sql`(created_at, id) > (${after.createdAt}, ${after.id})`
  return db
    .select()
    .from(uploads)
    .where(and(lt(uploads.createdAt, before), isAfter ?? undefined))
    .orderBy(asc(uploads.createdAt), asc(uploads.id))
    .limit(limit)
}
