/** Imports: files that the service fetches from other servers. */
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { count, time } from './columns.ts'

/**
 * The latest import to each path. The jobs of the path with the stage `import` wait for it. Triggers on `jobs` end an
 * import for which no job waits any more, and begin it again when a job that it failed is retried.
 */
export const imports = sqliteTable(
  'imports',
  {
    filePath: text().primaryKey(),
    /** SHA-256 of the URL: a request with the same one joins the import. */
    urlHash: text().notNull(),
    /**
     * URL and request headers, sealed. Null when they are no longer needed. Headers are never kept after the end; the
     * URL of a failed import without headers is, so that its jobs can be retried.
     */
    source: text(),
    /** The API key that made the request and is charged; null for the root key. */
    apiKeyId: text(),
    startedAt: time().notNull(),
    endedAt: time(),
    /**
     * When the next step can be taken: now, after the delay of a failure, or when the lease of the current step
     * expires. After the end: when what is left of the upload can be deleted, or else the row.
     */
    dueAt: time().notNull(),
    /** Increases with each step and each end. Statements of an earlier step change nothing. */
    fence: count(),
    /** Number of failures in a row, with nothing stored between them. */
    failures: count(),
    /** How often the file was fetched from its start again, because it had changed. */
    restarts: count(),
    /** The row of `uploads` that the bytes go to; null before the first ones. */
    uploadId: text(),
    /** `ETag` of the remote file. */
    etag: text(),
    /** What `If-Range` names: a strong ETag or a date; null if the server cannot continue a transfer. */
    validator: text(),
    /** Size of the remote file; null if it is not known. */
    sizeBytes: integer(),
    /** Bytes in the stored parts. */
    offsetBytes: count(),
    /** Etag of the original that the latest import stored. */
    storedEtag: text(),
  },
  (t) => [index('imports_due').on(t.dueAt)],
)
