/**
 * Exports: variants on their way to another bucket. Statements of a step name its number, so they have no effect after
 * the job was cancelled or deleted, or another step has taken over.
 */
import { and, eq, isNull, lte, sql } from 'drizzle-orm'
import type { JobDestination } from '../contract/destination.ts'
import type { ExportFailureCode } from '../contract/failureCode.ts'
import { TRANSITIONS } from '../domain/jobTransitions.ts'
import { type Database, first, statement } from './database.ts'
import { failStatement, isAllowed, NOT_HELD } from './jobTransitions.ts'
import type { Claim } from './leases.ts'
import type { ExportRow, JobRow } from './rows.ts'
import { jobs, variantExports } from './schema/index.ts'

export type ExportStep = Pick<ExportRow, 'id' | 'step'>

/** Condition: the variant of the claim's job is exported, and this is the output. */
export function isExporting({ jobId, fence }: Claim, outputKey: string) {
  return sql`jobs.id = ${jobId} AND fence = ${fence + 1} AND status = 'running' AND stage = 'export'
    AND EXISTS (
      SELECT 1 FROM exports
      WHERE job_id = ${jobId} AND job_fence = ${fence + 1} AND output_key = ${outputKey})`
}

/** Inserts the export of a job that the same batch has given the columns EXPORTING. */
export function insertExport(
  db: Database,
  { jobId, fence }: Claim,
  outputKey: string,
  now: number,
) {
  return statement(
    db,
    sql`
    INSERT INTO exports (id, job_id, job_fence, output_key, destination, started_at, due_at)
    SELECT id || '.' || fence, id, fence, ${outputKey},
      json_object('credential', destination ->> 'credential', 'bucket', destination ->> 'bucket',
        'key', destination ->> 'key'),
      ${now}, ${now}
    FROM jobs
    WHERE id = ${jobId} AND fence = ${fence + 1} AND status = 'running' AND stage = 'export'
    ON CONFLICT DO NOTHING`,
  )
}

/** The jobs of the exports of which a step is due, the longest due first. */
export async function listDueExports(db: Database, now: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ jobId: variantExports.jobId })
    .from(variantExports)
    .where(lte(variantExports.dueAt, now))
    .orderBy(variantExports.dueAt)
    .limit(limit)
  return [...new Set(rows.map(({ jobId }) => jobId))]
}

/**
 * Begins a step of the export of a job with a lease until `until` (ms), if one is due and no other export may write to
 * the same object. So a step of an export that has ended cannot replace what a later one has stored. Exports of the job
 * that have ended are returned too: what is left of them must be deleted.
 */
export function claimExportSteps(
  db: Database,
  jobId: string,
  now: number,
  until: number,
): Promise<ExportRow[]> {
  return db
    .update(variantExports)
    .set({
      step: sql`step + 1`,
      dueAt: until,
      leasedUntil: sql`iif(ended_at IS NULL, ${until}, 0)`,
    })
    .where(
      and(
        eq(variantExports.jobId, jobId),
        lte(variantExports.dueAt, now),
        sql`(ended_at IS NOT NULL OR NOT EXISTS (
          SELECT 1 FROM exports AS other
          WHERE other.destination = exports.destination AND other.id <> exports.id
            AND other.leased_until > 0 AND other.leased_until > ${now}))`,
      ),
    )
    .returning()
    .execute()
}

/** True if a step of the job's export is due, which another export to the same object keeps from its lease. */
export async function isExportDue(db: Database, jobId: string, now: number): Promise<boolean> {
  const rows = await db
    .select({ id: variantExports.id })
    .from(variantExports)
    .where(and(eq(variantExports.jobId, jobId), lte(variantExports.dueAt, now)))
  return rows.length > 0
}

function isCurrent({ id, step }: ExportStep) {
  return and(
    eq(variantExports.id, id),
    eq(variantExports.step, step),
    isNull(variantExports.endedAt),
  )
}

/** Changes the export of a step. Returns false, and changes nothing, if the step is not the latest. */
export async function updateExport(
  db: Database,
  step: ExportStep,
  changes: Partial<Pick<ExportRow, 'dueAt' | 'leasedUntil' | 'failures' | 'uploadId' | 'parts'>>,
): Promise<boolean> {
  const result = await db.update(variantExports).set(changes).where(isCurrent(step))
  return result.meta.changes > 0
}

/** Condition on `jobs`: the job of an export whose step is the latest. */
function isJobOf({ id, step, jobId, jobFence }: ExportRow) {
  return sql`id = ${jobId} AND fence = ${jobFence} AND stage = 'export' AND EXISTS (
    SELECT 1 FROM exports WHERE exports.id = ${id} AND step = ${step} AND ended_at IS NULL)`
}

function isEnded({ id, step }: ExportStep) {
  return and(eq(variantExports.id, id), eq(variantExports.step, step), sql`ended_at IS NOT NULL`)
}

/** The step that the trigger `exports_ended` counts when the job ends. */
function nextStep({ id, step }: ExportStep): ExportStep {
  return { id, step: step + 1 }
}

/** Completes the job of an export whose object is stored. Returns undefined if the step is not the latest. */
export async function completeExport(
  db: Database,
  row: ExportRow,
  stored: Pick<JobDestination, 'etag' | 'sizeBytes' | 'files'>,
  now: number,
): Promise<JobRow | undefined> {
  const complete = db
    .update(jobs)
    .set({
      ...NOT_HELD,
      status: TRANSITIONS.complete.to,
      progress: 100,
      completedAt: now,
      destination: sql`json_set(destination, '$.etag', ${stored.etag}, '$.sizeBytes', ${stored.sizeBytes},
        '$.files', ${stored.files})`,
    })
    .where(and(isJobOf(row), isAllowed('complete')))
    .returning()
  const remove = db.delete(variantExports).where(isEnded(nextStep(row)))
  return first((await db.batch([complete, remove]))[0])
}

/**
 * Ends an export that has failed, and its job.
 *
 * @param failure.retryAt the time of another attempt of the job (ms since the epoch), if the variant is lost
 */
export async function failExport(
  db: Database,
  row: ExportRow,
  failure: { errorCode: ExportFailureCode | 'storage'; message: string; retryAt: number | null },
  now: number,
): Promise<JobRow | undefined> {
  const claim = { jobId: row.jobId, fence: row.jobFence }
  const end = postponeStatement(db, nextStep(row), 0)
  const fail = failStatement(db, claim, failure, now, isJobOf(row))
  return first((await db.batch([fail, end]))[0])
}

/** Deletes an export that has ended, and of which nothing is left. */
export async function deleteExport(db: Database, step: ExportStep): Promise<void> {
  await db.delete(variantExports).where(isEnded(step))
}

/** Ends the lease of an export that has ended, and sets when what is left of it is deleted. */
export async function postponeExport(db: Database, step: ExportStep, dueAt: number): Promise<void> {
  await postponeStatement(db, step, dueAt)
}

function postponeStatement(db: Database, step: ExportStep, dueAt: number) {
  return db.update(variantExports).set({ dueAt, leasedUntil: 0 }).where(isEnded(step))
}
