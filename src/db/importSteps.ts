/**
 * The steps of imports. Statements name the fence of their step, so they have no effect after another step, a
 * cancellation or a new request has taken over the import.
 */
import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { ImportFailureCode } from '../contract/failureCode.ts'
import { findSizeClass } from '../domain/runnerRequirements.ts'
import { TRANSITIONS } from '../domain/jobTransitions.ts'
import { type Database, first, statement } from './database.ts'
import { isWaitingFor } from './imports.ts'
import { CHANGED_COLUMNS } from './jobColumns.ts'
import type { ChangedJob, ImportRow, JobRow } from './rows.ts'
import { imports, jobs, uploads } from './schema/index.ts'
import type { StoredPart } from './tusUploads.ts'

export type ImportStep = Pick<ImportRow, 'filePath' | 'fence'>

/** Most jobs whose progress an import sends. Every job shows it when it is read. */
const MAX_JOBS = 20
/**
 * The row of an import that has ended is kept for this time, for retries and its ETag: as long as its jobs by default.
 * That of a cancelled import without an upload is deleted at once.
 */
const KEPT_MS = 30 * 86_400_000

/** Condition: the step is the latest of an import that has not ended. */
function isCurrent({ filePath, fence }: ImportStep) {
  return and(eq(imports.filePath, filePath), eq(imports.fence, fence), isNull(imports.endedAt))
}

function existsCurrent({ filePath, fence }: ImportStep) {
  return sql`EXISTS (
    SELECT 1 FROM imports
    WHERE file_path = ${filePath} AND fence = ${fence} AND ended_at IS NULL)`
}

/**
 * Begins a step with a lease until `until` (ms), if one is due. The row of an import that has ended is returned too:
 * what it has stored must be deleted.
 */
export function claimImportStep(
  db: Database,
  filePath: string,
  now: number,
  until: number,
): Promise<ImportRow | undefined> {
  return db
    .update(imports)
    .set({ fence: sql`fence + 1`, dueAt: until })
    .where(and(eq(imports.filePath, filePath), sql`due_at <= ${now}`))
    .returning()
    .then(first)
}

export type WaitingJob = ChangedJob & Pick<JobRow, 'createdAt'>

/** The jobs that wait for the import, newest first, at most MAX_JOBS. */
export function listWaitingJobs(db: Database, filePath: string): Promise<WaitingJob[]> {
  return db
    .select({ ...CHANGED_COLUMNS, createdAt: jobs.createdAt })
    .from(jobs)
    .where(isWaitingFor(filePath))
    .orderBy(desc(jobs.seq))
    .limit(MAX_JOBS)
}

/** Changes the import of a step. Returns false, and changes nothing, if the step is not the latest. */
export async function updateImport(
  db: Database,
  step: ImportStep,
  changes: Partial<ImportRow>,
): Promise<boolean> {
  const result = await db.update(imports).set(changes).where(isCurrent(step))
  return result.meta.changes > 0
}

/** Records the upload that the bytes go to, together with its row. */
export async function beginImportUpload(
  db: Database,
  step: ImportStep,
  upload: typeof uploads.$inferInsert,
  changes: Partial<ImportRow>,
): Promise<boolean> {
  const [, result] = await db.batch([
    db.insert(uploads).values(upload),
    db
      .update(imports)
      .set({ ...changes, uploadId: upload.id })
      .where(isCurrent(step)),
  ])
  return result.meta.changes > 0
}

/** Records a stored part, and extends the lease. Returns false if the step is not the latest. */
export async function recordImportPart(
  db: Database,
  step: ImportStep,
  stored: { uploadId: string; part: StoredPart; offsetBytes: number; until: number },
): Promise<boolean> {
  const { uploadId, part, offsetBytes, until } = stored
  const insertPart = statement(
    db,
    sql`
    INSERT INTO upload_parts (upload_id, part, etag, size_bytes)
    SELECT ${uploadId}, ${part.partNumber}, ${part.etag}, ${part.size} WHERE ${existsCurrent(step)}
    ON CONFLICT DO UPDATE SET etag = excluded.etag, size_bytes = excluded.size_bytes`,
  )
  const update = db
    .update(imports)
    .set({ offsetBytes, dueAt: until, ...(offsetBytes > 0 && { failures: 0 }) })
    .where(isCurrent(step))
  const [, result] = await db.batch([insertPart, update])
  return result.meta.changes > 0
}

/**
 * Ends an import whose file is stored. Returns its jobs, which can now be claimed; null if the step is not the
 * latest.
 */
export async function completeImport(
  db: Database,
  step: ImportStep,
  stored: { etag: string; sizeBytes: number },
  now: number,
): Promise<JobRow[] | null> {
  const { etag, sizeBytes } = stored
  const release = db
    .update(jobs)
    .set({
      runAfter: null,
      stage: null,
      sourceEtag: etag,
      sourceBytes: sizeBytes,
      sizeClass: sql`iif(size_class = 0, 0, ${findSizeClass(sizeBytes)})`,
    })
    .where(sql`${isWaitingFor(step.filePath)} AND ${existsCurrent(step)}`)
    .returning()
  const end = db
    .update(imports)
    .set({
      endedAt: now,
      dueAt: now + KEPT_MS,
      source: null,
      uploadId: null,
      storedEtag: etag,
    })
    .where(isCurrent(step))
  const [rows, result] = await db.batch([release, end])
  return result.meta.changes > 0 ? rows : null
}

/**
 * Ends an import that has failed, and its jobs. Returns the jobs; null if the step is not the latest.
 *
 * @param keepsSource false deletes the URL and the request headers
 */
export async function failImport(
  db: Database,
  step: ImportStep,
  failure: { code: ImportFailureCode; message: string; keepsSource: boolean },
  now: number,
): Promise<ChangedJob[] | null> {
  const fail = db
    .update(jobs)
    .set({
      status: TRANSITIONS.failImport.to,
      runAfter: null,
      stage: null,
      completedAt: now,
      error: failure.message,
      errorCode: failure.code,
    })
    .where(sql`${isWaitingFor(step.filePath)} AND ${existsCurrent(step)}`)
    .returning(CHANGED_COLUMNS)
  const end = db
    .update(imports)
    .set({
      endedAt: now,
      dueAt: sql`iif(upload_id IS NULL, ${now + KEPT_MS}, ${now})`,
      storedEtag: null,
      ...(!failure.keepsSource && { source: null }),
    })
    .where(isCurrent(step))
  const [rows, result] = await db.batch([fail, end])
  return result.meta.changes > 0 ? rows : null
}

/**
 * Records that nothing is left of the upload of an import that has ended. The row of one without an upload is deleted:
 * it was kept for retries and for its ETag.
 */
export async function cleanImport(
  db: Database,
  { filePath, fence, uploadId }: ImportRow,
  now: number,
): Promise<void> {
  const isOurs = sql`file_path = ${filePath} AND fence = ${fence} AND ended_at IS NOT NULL`
  await (uploadId === null
    ? db.delete(imports).where(isOurs)
    : db
        .update(imports)
        .set({ uploadId: null, dueAt: now + KEPT_MS })
        .where(isOurs))
}
