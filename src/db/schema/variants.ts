/** Tables of what attempts write to R2, and of the variants that are served. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { referenceFileList, time } from './columns.ts'

/**
 * Every object or package that an attempt began to write. Code inserts a row before the first byte is
 * written. The garbage collector deletes the row after the bytes, so every object in R2 has a row.
 */
export const outputs = sqliteTable(
  'outputs',
  {
    key: text().primaryKey(),
    jobId: text().notNull(),
    fence: integer().notNull(),
    /** R2's id of the multipart upload; null for a package, whose files have `key` as their prefix. */
    uploadId: text(),
    createdAt: time().notNull(),
    /**
     * To be deleted by the garbage collector. Set by triggers when an attempt ends without success and
     * when a variant is replaced or deleted, and by `completeJob` for unfinished uploads.
     */
    retired: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (t) => [
    index('outputs_by_job').on(t.jobId, t.fence),
    index('outputs_retired')
      .on(t.createdAt)
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
    /** Etag of the original that it was made from. If the original has another one, it is stale. */
    sourceEtag: text().notNull(),
    referenceFiles: referenceFileList(),
    createdAt: time().notNull(),
  },
  (t) => [primaryKey({ columns: [t.filePath, t.transformation] })],
)

/**
 * The variants by their reference files. `completeJob` inserts the rows; a trigger deletes them with
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
