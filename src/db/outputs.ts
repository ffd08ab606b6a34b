/** Statements on outputs, which attempts write to R2, and on variants, which are served from there. */
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { type Database, statement } from './database.ts'
import type { Claim } from './leases.ts'
import { outputs, variants } from './schema/index.ts'
import type { VariantRow } from './rows.ts'

/** Records an object that an attempt is about to write. Returns false if the claim is no longer held. */
export async function recordOutput(
  db: Database,
  claim: Claim,
  output: { key: string; uploadId: string },
  now: number,
): Promise<boolean> {
  const result = await db.run(sql`
    INSERT INTO outputs (key, job_id, fence, upload_id, created_at)
    SELECT ${output.key}, id, fence, ${output.uploadId}, ${now} FROM jobs
    WHERE id = ${claim.jobId} AND fence = ${claim.fence} AND status = 'running'`)
  return result.meta.changes > 0
}

/** The output of a claim by its `uploadId`, even if the claim is no longer held. */
export function findOutput(db: Database, claim: Claim, uploadId: string) {
  return db
    .select()
    .from(outputs)
    .where(
      and(
        eq(outputs.jobId, claim.jobId),
        eq(outputs.fence, claim.fence),
        eq(outputs.uploadId, uploadId),
      ),
    )
    .get()
}

/** The oldest retired outputs. */
export function listRetiredOutputs(db: Database, limit: number) {
  return db
    .select()
    .from(outputs)
    .where(sql`retired = 1`)
    .orderBy(asc(outputs.createdAt))
    .limit(limit)
}

/** Deletes the rows of outputs that were deleted from R2. */
export function deleteOutputRows(db: Database, keys: string[]) {
  return db.delete(outputs).where(inArray(outputs.key, keys))
}

export function findVariant(
  db: Database,
  filePath: string,
  transformation: string,
): Promise<VariantRow | undefined> {
  return db
    .select()
    .from(variants)
    .where(and(eq(variants.filePath, filePath), eq(variants.transformation, transformation)))
    .get()
}

/** Variants with the same reference file that one statement deletes. */
const MAX_REFERRING_VARIANTS = 200

/**
 * Deletes the variants that are stale now that the file at `filePath` has this `etag` (null: the file
 * was deleted): those of the file itself, and those that have it as a reference file. Of the latter at
 * most 200 are deleted. The others are not served either, because each request compares the etags, and
 * they are replaced when they are requested again.
 */
export async function retireVariants(db: Database, filePath: string, etag: string | null) {
  const own = db
    .delete(variants)
    .where(and(eq(variants.filePath, filePath), sql`source_etag IS NOT ${etag}`))
  const referring = statement(
    db,
    sql`DELETE FROM variants WHERE (file_path, transformation) IN (
      SELECT file_path, transformation FROM variant_references
      WHERE path = ${filePath} AND etag IS NOT ${etag} LIMIT ${MAX_REFERRING_VARIANTS})`,
  )
  await db.batch([own, referring])
}
