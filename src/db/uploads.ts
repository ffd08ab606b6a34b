/** Statements on multipart uploads of originals. */
import { asc, eq, lt } from 'drizzle-orm'
import type { Database } from './database.ts'
import { uploads } from './schema/index.ts'
import type { UploadRow } from './rows.ts'

export async function insertUpload(db: Database, upload: UploadRow): Promise<void> {
  await db.insert(uploads).values(upload)
}

export function findUpload(db: Database, id: string): Promise<UploadRow | undefined> {
  return db.select().from(uploads).where(eq(uploads.id, id)).get()
}

export async function deleteUpload(db: Database, id: string): Promise<void> {
  await db.delete(uploads).where(eq(uploads.id, id))
}

/** Uploads that began before `before` (ms), oldest first. */
export function listUploadsBefore(
  db: Database,
  before: number,
  limit: number,
): Promise<UploadRow[]> {
  return db
    .select()
    .from(uploads)
    .where(lt(uploads.createdAt, before))
    .orderBy(asc(uploads.createdAt))
    .limit(limit)
}
