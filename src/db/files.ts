/**
 * Statements on whose bytes the originals are, and on what is on its way in. What a key has stored is
 * the triggers' sum; that it stays below its cap is part of the statements that add to it.
 */
import { and, asc, eq, inArray, lt, sql } from 'drizzle-orm'
import { type Database, first, statement } from './database.ts'
import { files, storageReservations } from './schema/index.ts'

/** A write to a path, from before it to when what came of it is settled. */
export interface StorageReservation {
  /** Of its rows in `storage_reservations`; null where nobody is charged. */
  id: string | null
  filePath: string
  /** Of the path's row as it was before the write; null where there was none. */
  revision: string | null
}

/** What a key has stored, and what more it wants to, against its cap. */
function withinCap(more: ReturnType<typeof sql>) {
  return sql`
  (k.max_stored_bytes IS NULL OR k.stored_bytes + ${more} <= k.max_stored_bytes)`
}

/**
 * Charges a key for files before they come: for all of them, or for none where they would pass its
 * cap. What they replace of its own is taken off, as it goes when they are there.
 */
export async function reserveFiles(
  db: Database,
  keyId: string,
  asked: { id: string; filePath: string; sizeBytes: number }[],
  now: number,
): Promise<boolean> {
  const given = JSON.stringify(asked)
  const result = await db.run(sql`
    INSERT INTO storage_reservations (id, part, api_key_id, file_path, size_bytes, created_at)
    SELECT f.value ->> 'id', 0, k.id, f.value ->> 'filePath', f.value ->> 'sizeBytes', ${now}
    FROM api_keys AS k, json_each(${given}) AS f
    WHERE k.id = ${keyId} AND ${withinCap(sql`
      (SELECT sum(value ->> 'sizeBytes') FROM json_each(${given})) -
      (SELECT total(size_bytes) FROM files
        WHERE file_path IN (SELECT value ->> 'filePath' FROM json_each(${given}))
          AND api_key_id = k.id)`)}`)
  return result.meta.changes > 0
}

/**
 * Charges an upload's key for a part before it comes, for the most that it was ever sent with, since
 * nobody can ask R2 how large a part is. False where that would pass its cap, or it has no key.
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
    WHERE u.id = ${uploadId} AND ${withinCap(sql`
      max(0, ${sizeBytes} - coalesce(
        (SELECT size_bytes FROM storage_reservations WHERE id = u.id AND part = ${part}), 0)) -
      (SELECT total(size_bytes) FROM files WHERE file_path = u.file_path AND api_key_id = k.id)`)}
    ON CONFLICT (id, part) DO UPDATE SET size_bytes = max(size_bytes, excluded.size_bytes)`)
  return result.meta.changes > 0
}

/** Ends the charge for what did not come. */
export async function deleteReservations(db: Database, ids: string[]): Promise<void> {
  await db.delete(storageReservations).where(inArray(storageReservations.id, ids))
}

/** The revisions of the paths that have one. */
export async function findRevisions(db: Database, paths: string[]): Promise<Map<string, string>> {
  const rows = await db
    .select({ filePath: files.filePath, revision: files.revision })
    .from(files)
    .where(sql`file_path IN (SELECT value FROM json_each(${JSON.stringify(paths)}))`)
  return new Map(rows.map(({ filePath, revision }) => [filePath, revision]))
}

/**
 * Puts down what is under a path and ends the charge for its coming, if the path's row is still at the
 * hold's revision: otherwise somebody has settled it since, and this may be older than that. Gives
 * back the revision that is there in the end, and whether it is this one.
 */
export async function recordFile(
  db: Database,
  { id, filePath, revision }: StorageReservation,
  stored: { keyId: string | null; sizeBytes: number },
  now: number,
): Promise<{ settled: boolean; revision: string | null }> {
  const next = crypto.randomUUID()
  const settle = statement(
    db,
    sql`
    INSERT INTO files (file_path, api_key_id, size_bytes, revision, recorded_at)
    SELECT ${filePath}, ${stored.keyId}, ${stored.sizeBytes}, ${next}, ${now}
    WHERE (SELECT revision FROM files WHERE file_path = ${filePath}) IS ${revision}
    ON CONFLICT (file_path) DO UPDATE SET
      api_key_id = excluded.api_key_id, size_bytes = excluded.size_bytes,
      revision = excluded.revision, recorded_at = excluded.recorded_at`,
  )
  const found = db
    .select({ revision: files.revision })
    .from(files)
    .where(eq(files.filePath, filePath))
  const uncharge = statement(
    db,
    sql`
    DELETE FROM storage_reservations WHERE id = ${id}
      AND EXISTS (SELECT 1 FROM files WHERE file_path = ${filePath} AND revision = ${next})`,
  )
  const [, rows] = await db.batch([settle, found, uncharge])
  const at = first(rows)?.revision ?? null
  return { settled: at === next, revision: at }
}

/** Files that were on their way before `before` (ms) and of which nothing was heard since. */
export function listStaleReservations(db: Database, before: number, limit: number) {
  return db
    .select({ id: storageReservations.id, filePath: storageReservations.filePath })
    .from(storageReservations)
    .where(and(sql`part = 0`, lt(storageReservations.createdAt, before)))
    .orderBy(asc(storageReservations.createdAt))
    .limit(limit)
}

/** Forgets paths that nobody is charged for: their rows only tell writers at the same time of another. */
export async function deleteUnownedFiles(
  db: Database,
  before: number,
  limit: number,
): Promise<void> {
  await db.run(sql`
    DELETE FROM files WHERE file_path IN (
      SELECT file_path FROM files WHERE api_key_id IS NULL AND recorded_at < ${before} LIMIT ${limit})`)
}
