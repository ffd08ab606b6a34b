/** Statements on what is in R2: outputs that attempts write, and the variants that are served. */
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { type Database, statement } from './database.ts'
import type { Claim } from './leases.ts'
import { outputs, variants } from './schema/index.ts'
import type { VariantRow } from './rows.ts'

/** Notes an object that an attempt begins to write. False when the claim is no longer held. */
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

/** The output that a claim writes under `uploadId`, whether or not the claim is still held. */
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

/** The oldest outputs that nobody needs any more. */
export function listRetiredOutputs(db: Database, limit: number) {
  return db
    .select()
    .from(outputs)
    .where(sql`retired = 1`)
    .orderBy(asc(outputs.createdAt))
    .limit(limit)
}

/** Forgets outputs that are gone from R2. */
export function deleteOutputRows(db: Database, keys: string[]) {
  return db.delete(outputs).where(inArray(outputs.key, keys))
}

export function findVariant(
  db: Database,
  filePath: string,
  variant: string,
): Promise<VariantRow | undefined> {
  return db
    .select()
    .from(variants)
    .where(and(eq(variants.filePath, filePath), eq(variants.transformation, variant)))
    .get()
}

/** How many variants that were made with one other file go out of service in one statement. */
const MAX_REFERRING = 200

/**
 * Takes the variants out of service that were made from another file at `filePath` than that with
 * `etag` (null: from any), or with one. Of a file that very many were made with, some stay: they are
 * not served, as whether a variant is fresh is looked at when it is asked for, and they go when they
 * are made anew.
 */
export async function retireVariants(db: Database, filePath: string, etag: string | null) {
  const own = db
    .delete(variants)
    .where(and(eq(variants.filePath, filePath), sql`source_etag IS NOT ${etag}`))
  const referring = statement(
    db,
    sql`DELETE FROM variants WHERE (file_path, transformation) IN (
      SELECT file_path, transformation FROM variant_references
      WHERE path = ${filePath} AND etag IS NOT ${etag} LIMIT ${MAX_REFERRING})`,
  )
  await db.batch([own, referring])
}
