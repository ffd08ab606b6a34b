/** Exports: variants that the service stores in buckets of other services. */
import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { UploadedPart } from '../../contract/uploadParts.ts'
import { count, time } from './columns.ts'

/** Progress of the export of a package. Its files are stored in the order of their ranks, and within a rank by name. */
export interface PackageProgress {
  rank: number
  /** The files of this rank up to this name are stored; empty before the first one. */
  after: string
  /** Number and size of all stored files. */
  files: number
  sizeBytes: number
  /** Name of the file that is being stored in parts. */
  uploading: string | null
  parts: UploadedPart[]
}

/**
 * A row for each export that has not ended, or of which something is left. Triggers on `jobs` end an export with
 * its job, and begin another when a job whose export failed is retried.
 */
export const variantExports = sqliteTable(
  'exports',
  {
    /**
     * `{jobId}.{jobFence}`. A number with `autoIncrement` would cost a read for each change of a job's status, by the
     * trigger that inserts rows.
     */
    id: text().primaryKey(),
    jobId: text().notNull(),
    /** The fence of the job while this export is its latest. */
    jobFence: integer().notNull(),
    /** Key of the variant; of a package, the prefix of its files, with a slash at its end. */
    outputKey: text().notNull(),
    /** `credential`, `bucket` and `key` as JSON. The key is that of the job: of a package, that of the file to open first. */
    destination: text().notNull(),
    startedAt: time().notNull(),
    endedAt: time(),
    /**
     * When the next step can be taken: now, after the delay of a failure, or when the lease of the current step
     * expires. After the end: when the rest can be deleted.
     */
    dueAt: time().notNull(),
    /** End of the lease of the current step; 0 between steps. Until then, it can write to the destination. */
    leasedUntil: count(),
    /** Number of the latest step. Statements of an earlier one change nothing. */
    step: count(),
    /** Number of failures in a row, with nothing stored between them. */
    failures: count(),
    /** Upload in parts at the destination; null before it, and for a small file. */
    uploadId: text(),
    /** Parts of that upload; of a package, also what is stored of it. */
    parts: text({ mode: 'json' }).$type<UploadedPart[] | PackageProgress>().notNull().default([]),
  },
  (t) => [
    index('exports_due').on(t.dueAt),
    index('exports_by_job').on(t.jobId),
    index('exports_leased')
      .on(t.destination)
      .where(sql`leased_until > 0`),
  ],
)
