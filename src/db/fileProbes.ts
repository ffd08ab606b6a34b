/** Statements on stored probes of originals. */
import { and, eq, sql } from 'drizzle-orm'
import type { StoredProbe } from '../contract/storedProbe.ts'
import { type Database, statement } from './database.ts'
import { fileProbes } from './schema/index.ts'

/** Returns the probe of a file, and the etag of the content to which it belongs. */
export function findFileProbe(
  db: Database,
  filePath: string,
  version: string,
): Promise<(StoredProbe & { etag: string }) | undefined> {
  return db
    .select({
      version: fileProbes.version,
      etag: fileProbes.etag,
      results: fileProbes.results,
    })
    .from(fileProbes)
    .where(and(eq(fileProbes.filePath, filePath), eq(fileProbes.version, version)))
    .get()
}

/** Stores the probe of a file, in place of an earlier one with its version. */
export async function saveFileProbe(
  db: Database,
  { filePath, etag }: { filePath: string; etag: string },
  { version, results }: StoredProbe,
  now: number,
): Promise<void> {
  await db.run(sql`
    INSERT OR REPLACE INTO file_probes (file_path, version, etag, results, created_at)
    VALUES (${filePath}, ${version}, ${etag}, ${JSON.stringify(results)}, ${now})`)
}

export async function deleteFileProbes(db: Database, filePath: string): Promise<void> {
  await db.delete(fileProbes).where(eq(fileProbes.filePath, filePath))
}

/**
 * Deletes the probes from before `before` (ms), and all but the newest `maxRows`. Reads at most
 * `limit` rows of each. Returns the number of deleted rows.
 */
export async function deleteOldFileProbes(
  db: Database,
  { before, maxRows, limit }: { before: number; maxRows: number; limit: number },
): Promise<number> {
  const results = await db.batch([
    statement(
      db,
      sql`DELETE FROM file_probes WHERE seq IN (
        SELECT seq FROM (SELECT seq, created_at FROM file_probes ORDER BY seq LIMIT ${limit})
        WHERE created_at < ${before})`,
    ),
    // A replaced row gets the next number, so there are at most as many rows as numbers.
    statement(
      db,
      sql`DELETE FROM file_probes WHERE seq IN (
        SELECT seq FROM file_probes
        WHERE seq <= (SELECT max(seq) FROM file_probes) - ${maxRows}
        ORDER BY seq LIMIT ${limit})`,
    ),
  ])
  return results.reduce((sum, { meta }) => sum + meta.changes, 0)
}
