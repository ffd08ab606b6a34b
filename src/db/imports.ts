/** Imports: their requests, and which of them are due. `importSteps.ts` has what a step of one changes. */
import { eq, sql } from 'drizzle-orm'
import { ACTIVE_STATUSES } from '../domain/jobTransitions.ts'
import { type Database, isListed, sqlList, statement } from './database.ts'
import type { ImportRow } from './rows.ts'
import { imports } from './schema/index.ts'
import { NO_DUE_TIME } from './schema/jobs.ts'

export interface NewImport {
  urlHash: string
  /** Sealed. */
  source: string
  apiKeyId: string | null
}

/** Condition on `jobs`, found by the index of active jobs: the job waits for the import to the path. */
export function isWaitingFor(filePath: string) {
  return sql`file_path = ${filePath} AND completed_at IS NULL AND status = 'pending'
    AND run_after = ${NO_DUE_TIME}`
}

/** Condition: the path has no active import from another URL. */
export function isImportFree(filePath: string, { urlHash }: Pick<NewImport, 'urlHash'>) {
  return sql`NOT EXISTS (
    SELECT 1 FROM imports
    WHERE file_path = ${filePath} AND ended_at IS NULL AND url_hash <> ${urlHash})`
}

/**
 * Condition: the import from this URL is active, or it has stored the file of an active job. Otherwise a request for
 * jobs that exist already has nothing fetched.
 */
export function isImported(filePath: string, { urlHash }: Pick<NewImport, 'urlHash'>) {
  return sql`EXISTS (
    SELECT 1 FROM imports
    WHERE file_path = ${filePath} AND url_hash = ${urlHash} AND (ended_at IS NULL OR EXISTS (
      SELECT 1 FROM jobs AS started
      WHERE started.file_path = ${filePath} AND started.status IN ${sqlList(ACTIVE_STATUSES)}
        AND started.source_etag = imports.stored_etag)))`
}

/**
 * Inserts an import for the jobs that wait for it, or has it begin again. Changes nothing if no job waits, or if the
 * import is active: the jobs have then joined it.
 */
export function insertImport(db: Database, filePath: string, newImport: NewImport, now: number) {
  const { urlHash, source, apiKeyId } = newImport
  // The ETag of the last import from the same URL is kept, for `If-None-Match`.
  const ifSameUrl = (column: string) =>
    sql.raw(`iif(imports.url_hash = excluded.url_hash, ${column}, NULL)`)
  return statement(
    db,
    sql`
    INSERT INTO imports (file_path, url_hash, source, api_key_id, started_at, due_at)
    SELECT ${filePath}, ${urlHash}, ${source}, ${apiKeyId}, ${now}, ${now}
    WHERE EXISTS (SELECT 1 FROM jobs WHERE ${isWaitingFor(filePath)})
    ON CONFLICT (file_path) DO UPDATE SET
      url_hash = excluded.url_hash, source = excluded.source, api_key_id = excluded.api_key_id,
      started_at = excluded.started_at, ended_at = NULL, due_at = excluded.due_at,
      fence = fence + 1, failures = 0, restarts = 0, validator = NULL, size_bytes = NULL,
      offset_bytes = 0, etag = ${ifSameUrl('etag')}, stored_etag = ${ifSameUrl('stored_etag')}
    WHERE imports.ended_at IS NOT NULL`,
  )
}

export function findImportStatement(db: Database, filePath: string) {
  return db.select().from(imports).where(eq(imports.filePath, filePath))
}

/** The imports of those of the paths that have one. */
export function findImports(db: Database, filePaths: string[]): Promise<ImportRow[]> {
  return db.select().from(imports).where(isListed(imports.filePath, filePaths))
}

/** Paths of the imports of which a step is due. */
export async function listDueImports(db: Database, now: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ filePath: imports.filePath })
    .from(imports)
    .where(sql`due_at <= ${now}`)
    .orderBy(imports.dueAt)
    .limit(limit)
  return rows.map(({ filePath }) => filePath)
}
