/** Tables of what attempts write to R2, and of the variants that are served. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { referenceFileList, time } from './columns.ts'

/*
 * `outputs`, `variants` and `variant_queues` are tables WITHOUT ROWID, which drizzle cannot express.
 */

/**
 * Objects and packages that attempts write, and that are not variants. A row is inserted before the
 * first byte is written. It is deleted when the output becomes the variant of a completed job, or by
 * the garbage collector after the bytes.
 */
export const outputs = sqliteTable(
  'outputs',
  {
    /** Begins with `{jobId}/{fence}`, by which the outputs of a claim are found. */
    key: text().primaryKey(),
    jobId: text().notNull(),
    fence: integer().notNull(),
    /**
     * R2's id of the multipart upload; null for a package, whose `key` is a prefix of keys; empty if
     * the upload has ended, because the output was a variant.
     */
    uploadId: text(),
    createdAt: time().notNull(),
    /**
     * True if the garbage collector must delete the output. Set by triggers when an attempt ends
     * without success, and when a running job is deleted. `completeJob` sets it for the outputs of
     * the attempt that did not become the variant. When a variant is replaced or deleted, a trigger
     * inserts its output.
     */
    retired: integer({ mode: 'boolean' }).notNull().default(false),
    /** Time of the next try to delete a retired output (ms since the epoch); 0 for at once. */
    collectAfter: integer().notNull().default(0),
  },
  (t) => [
    index('outputs_retired')
      .on(t.collectAfter, t.createdAt)
      .where(sql`retired = 1`),
  ],
)

/** The output that is served for each transformation of each file. */
export const variants = sqliteTable(
  'variants',
  {
    filePath: text().notNull(),
    /** In its canonical form. */
    transformation: text().notNull(),
    outputKey: text().notNull(),
    jobId: text().notNull(),
    sizeBytes: integer().notNull(),
    /** Etag of the original at the claim. The variant is stale if the original's etag differs. */
    sourceEtag: text().notNull(),
    referenceFiles: referenceFileList(),
    createdAt: time().notNull(),
    /**
     * For a visitor's variant: time of the last request for it, updated at most once an hour. Null
     * for other variants, which have no retention time.
     */
    lastRequestedAt: time(),
    /** Of a stream that was made in chunks: the key of each track, by its name (see `trackKeys`). */
    tracks: text({ mode: 'json' }).$type<Record<string, string>>(),
  },
  (t) => [
    primaryKey({ columns: [t.filePath, t.transformation] }),
    index('variants_by_last_request')
      .on(t.lastRequestedAt)
      .where(sql`last_requested_at IS NOT NULL`),
  ],
)

/**
 * Reference files of each variant. `completeJob` inserts the rows; a trigger deletes them with
 * their variant.
 */
export const variantReferences = sqliteTable(
  'variant_references',
  {
    /** Path of the reference file. */
    path: text().notNull(),
    filePath: text().notNull(),
    transformation: text().notNull(),
    etag: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.path, t.filePath, t.transformation] })],
)

/**
 * The queues in which each variant was made. A key that is restricted to a queue sees the variants
 * of its queue, even after the records of their jobs are deleted. Triggers insert a row when a
 * variant is made, and delete the rows with the variant.
 */
export const variantQueues = sqliteTable(
  'variant_queues',
  {
    filePath: text().notNull(),
    transformation: text().notNull(),
    queue: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.filePath, t.transformation, t.queue] })],
)
