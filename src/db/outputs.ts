/** Statements on outputs (what attempts write to R2) and variants (the outputs that are served). */
import { and, asc, desc, eq, gte, lt, lte, ne, type SQL, sql } from 'drizzle-orm'
import { PROBE } from '../contract/probe.ts'
import { type Database, first, isListed, statement } from './database.ts'
import { type Claim, isRunning } from './leases.ts'
import { jobs, outputs, variantQueues, variants } from './schema/index.ts'
import type { JobRow, VariantRow } from './rows.ts'

/** Records an object before an attempt writes it. Returns false if the claim is no longer held. */
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

/** Records the key of an attempt's package, and inserts its output row if there is none yet. */
export async function recordPackage(
  db: Database,
  claim: Claim,
  key: string,
  now: number,
): Promise<JobRow | undefined> {
  const insertOutput = statement(
    db,
    sql`
    INSERT INTO outputs (key, job_id, fence, created_at)
    SELECT ${key}, id, fence, ${now} FROM jobs
    WHERE id = ${claim.jobId} AND fence = ${claim.fence} AND status = 'running'
    ON CONFLICT DO NOTHING`,
  )
  const setKey = db.update(jobs).set({ packageKey: key }).where(isRunning(claim)).returning()
  return first((await db.batch([insertOutput, setKey]))[1])
}

/**
 * Condition: the output was written by this claim. The key of an output begins with the id of its
 * job and the fence, and '0' is the character after '/'.
 */
export function isOutputOf({ jobId, fence }: Claim): SQL {
  const prefix = `${jobId}/${fence}`
  return and(gte(outputs.key, prefix), lt(outputs.key, `${prefix}0`))!
}

/** The output of a claim by its `uploadId`, even if the claim is no longer held. */
export function findOutput(db: Database, claim: Claim, uploadId: string) {
  return db
    .select()
    .from(outputs)
    .where(and(isOutputOf(claim), eq(outputs.uploadId, uploadId)))
    .get()
}

/** Retired outputs that are due to be deleted at `now` (ms), in the order of their due times. */
export function listRetiredOutputs(db: Database, now: number, limit: number) {
  return db
    .select()
    .from(outputs)
    .where(and(sql`retired = 1`, lte(outputs.collectAfter, now)))
    .orderBy(asc(outputs.collectAfter), asc(outputs.createdAt))
    .limit(limit)
}

/** Sets the time (ms since the epoch) of the next try to delete these outputs. */
export async function postponeOutputs(
  db: Database,
  keys: string[],
  collectAfter: number,
): Promise<void> {
  await db.update(outputs).set({ collectAfter }).where(isListed(outputs.key, keys))
}

/** Deletes the rows of outputs that were deleted from R2. */
export function deleteOutputRows(db: Database, keys: string[]) {
  return db.delete(outputs).where(isListed(outputs.key, keys))
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

/**
 * Returns whether a variant, or any variant of the file if `transformation` is null, was made in
 * the queue, even if the records of its jobs are deleted.
 */
export async function isMadeInQueue(
  db: Database,
  filePath: string,
  transformation: string | null,
  queue: string,
): Promise<boolean> {
  const found = await db
    .select({ queue: variantQueues.queue })
    .from(variantQueues)
    .where(
      and(
        eq(variantQueues.filePath, filePath),
        transformation === null ? undefined : eq(variantQueues.transformation, transformation),
        eq(variantQueues.queue, queue),
      ),
    )
    .limit(1)
  return found.length > 0
}

/** Condition: the variant was made in the queue; true for all if `queue` is null. */
function isMadeIn(queue: string | null): SQL | undefined {
  return queue === null
    ? undefined
    : sql`EXISTS (SELECT 1 FROM variant_queues WHERE variant_queues.file_path = ${variants.filePath}
        AND variant_queues.transformation = ${variants.transformation}
        AND variant_queues.queue = ${queue})`
}

/**
 * The variant of a file that was made last, except its probe. If `queue` is not null, only variants
 * that were made in this queue count.
 */
export function findNewestVariant(
  db: Database,
  filePath: string,
  queue: string | null,
): Promise<VariantRow | undefined> {
  return db
    .select()
    .from(variants)
    .where(
      and(eq(variants.filePath, filePath), ne(variants.transformation, PROBE), isMadeIn(queue)),
    )
    .orderBy(desc(variants.createdAt))
    .limit(1)
    .get()
}

/**
 * The variants of a file that were made of the content with this etag. If `queue` is not null, only
 * variants that were made in this queue count.
 */
export function listVariantsOf(db: Database, filePath: string, etag: string, queue: string | null) {
  return db
    .select({
      transformation: variants.transformation,
      referenceFiles: variants.referenceFiles,
    })
    .from(variants)
    .where(and(eq(variants.filePath, filePath), eq(variants.sourceEtag, etag), isMadeIn(queue)))
}

/** The variants of a file that were made last. */
export function listVariants(db: Database, filePath: string, limit: number) {
  return db
    .select({ transformation: variants.transformation })
    .from(variants)
    .where(eq(variants.filePath, filePath))
    .orderBy(desc(variants.createdAt))
    .limit(limit)
}

/** Maximum number of variants with the same reference file that are deleted at once. */
const MAX_REFERRING_VARIANTS = 200

/**
 * Deletes the variants that are stale after the file at `filePath` was replaced (`etag`) or deleted
 * (null): variants of the file itself, and at most MAX_REFERRING_VARIANTS that use it as a
 * reference file. The remaining stale variants are not served, because each request compares the
 * etags.
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
