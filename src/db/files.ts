/**
 * Statements on originals and storage reservations, which are charged to API keys. Triggers
 * maintain the sum of each key. The statements that insert reservations check the storage quota.
 */
import { and, asc, eq, lt, sql } from 'drizzle-orm'
import { type Database, first, isListed, statement } from './database.ts'
import { files, storageReservations } from './schema/index.ts'

/** A write to a path whose result is not recorded yet. */
export interface StorageReservation {
  /** `storage_reservations.id`; null if nothing is reserved. */
  id: string | null
  filePath: string
  /** `files.revision` of the path before the write; null if it had no row. */
  revision: string | null
}

/** Condition: with `additional` bytes, the key (alias `k`) stays within its storage quota. */
function isWithinQuota(additional: ReturnType<typeof sql>) {
  return sql`
  (k.max_stored_bytes IS NULL OR k.stored_bytes + ${additional} <= k.max_stored_bytes)`
}

/**
 * Charges a key for files before they arrive. Returns false, and charges nothing, if they would
 * exceed its quota or the key does not exist. The quota check subtracts the files of the same key
 * that they replace.
 */
export async function reserveFiles(
  db: Database,
  keyId: string,
  reservations: { id: string; filePath: string; sizeBytes: number }[],
  now: number,
): Promise<boolean> {
  const requested = JSON.stringify(reservations)
  const result = await db.run(sql`
    INSERT INTO storage_reservations (id, part, api_key_id, file_path, size_bytes, created_at)
    SELECT f.value ->> 'id', 0, k.id, f.value ->> 'filePath', f.value ->> 'sizeBytes', ${now}
    FROM api_keys AS k, json_each(${requested}) AS f
    WHERE k.id = ${keyId} AND ${isWithinQuota(sql`
      (SELECT sum(value ->> 'sizeBytes') FROM json_each(${requested})) -
      (SELECT total(size_bytes) FROM files
        WHERE file_path IN (SELECT value ->> 'filePath' FROM json_each(${requested}))
          AND api_key_id = k.id)`)}`)
  return result.meta.changes > 0
}

/**
 * Charges the key of an upload for a part before it arrives. A part that is sent again is charged
 * with its largest size, since R2 may keep either one. Returns false if the part would exceed the
 * quota, or if the upload or its key does not exist.
 */
export async function reserveUploadPart(
  db: Database,
  uploadId: string,
  part: number,
  sizeBytes: number,
  now: number,
): Promise<boolean> {
  const result = await db.run(sql`
    INSERT INTO storage_reservations (id, part, api_key_id, file_path, size_bytes, created_at)
    SELECT u.id, ${part}, k.id, u.file_path, ${sizeBytes}, ${now}
    FROM uploads AS u JOIN api_keys AS k ON k.id = u.api_key_id
    WHERE u.id = ${uploadId} AND ${isWithinQuota(sql`
      max(0, ${sizeBytes} - coalesce(
        (SELECT size_bytes FROM storage_reservations WHERE id = u.id AND part = ${part}), 0)) -
      (SELECT total(size_bytes) FROM files WHERE file_path = u.file_path AND api_key_id = k.id)`)}
    ON CONFLICT (id, part) DO UPDATE SET size_bytes = max(size_bytes, excluded.size_bytes)`)
  return result.meta.changes > 0
}

/** Deletes reservations whose bytes did not arrive. */
export async function deleteReservations(db: Database, ids: string[]): Promise<void> {
  await db.delete(storageReservations).where(isListed(storageReservations.id, ids))
}

/** Revisions by path, of the paths that have a row. */
export async function findRevisions(db: Database, paths: string[]): Promise<Map<string, string>> {
  const rows = await db
    .select({ filePath: files.filePath, revision: files.revision })
    .from(files)
    .where(isListed(files.filePath, paths))
  return new Map(rows.map(({ filePath, revision }) => [filePath, revision]))
}

/**
 * Records what is stored under a path, and deletes its reservation. Changes nothing if the row's
 * revision has changed since the write began: another writer has recorded the path, and this result
 * may be older. Returns whether it was recorded, and the revision of the row.
 */
export async function recordFile(
  db: Database,
  { id, filePath, revision }: StorageReservation,
  stored: { keyId: string | null; sizeBytes: number },
  now: number,
): Promise<{ recorded: boolean; revision: string | null }> {
  const newRevision = crypto.randomUUID()
  const putFile = statement(
    db,
    sql`
    INSERT INTO files (file_path, api_key_id, size_bytes, revision, recorded_at)
    SELECT ${filePath}, ${stored.keyId}, ${stored.sizeBytes}, ${newRevision}, ${now}
    WHERE (SELECT revision FROM files WHERE file_path = ${filePath}) IS ${revision}
    ON CONFLICT (file_path) DO UPDATE SET
      api_key_id = excluded.api_key_id, size_bytes = excluded.size_bytes,
      revision = excluded.revision, recorded_at = excluded.recorded_at`,
  )
  const readRevision = db
    .select({ revision: files.revision })
    .from(files)
    .where(eq(files.filePath, filePath))
  const deleteReservation = statement(
    db,
    sql`
    DELETE FROM storage_reservations WHERE id = ${id}
      AND EXISTS (SELECT 1 FROM files WHERE file_path = ${filePath} AND revision = ${newRevision})`,
  )
  const [, rows] = await db.batch([putFile, readRevision, deleteReservation])
  const current = first(rows)?.revision ?? null
  return { recorded: current === newRevision, revision: current }
}

/**
 * The oldest reservations of whole files from before `before` (ms), whose writes have not recorded
 * a result.
 */
export function listStaleReservations(db: Database, before: number, limit: number) {
  return db
    .select({ id: storageReservations.id, filePath: storageReservations.filePath })
    .from(storageReservations)
    .where(and(sql`part = 0`, lt(storageReservations.createdAt, before)))
    .orderBy(asc(storageReservations.createdAt))
    .limit(limit)
}

/**
 * Deletes rows of files that were deleted before `before` (ms). Only concurrent writers need such a
 * row, for its revision.
 */
export async function forgetDeletedFiles(
  db: Database,
  before: number,
  limit: number,
): Promise<void> {
  await db.run(sql`
    DELETE FROM files WHERE file_path IN (
      SELECT file_path FROM files WHERE size_bytes = 0 AND recorded_at < ${before}
      LIMIT ${limit})`)
}
