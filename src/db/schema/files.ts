/**
 * Tables of originals: the charged API keys, storage reservations, multipart and tus uploads, and the
 * totals of what is stored.
 */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { count, time } from './columns.ts'

/**
 * Multipart uploads of originals. A row is deleted when its upload is aborted. The row of a
 * completed upload is kept, so that a repeated completion gets the same response, until the cleaner
 * deletes it.
 */
export const uploads = sqliteTable(
  'uploads',
  {
    id: text().primaryKey(),
    filePath: text().notNull(),
    /** R2's id of the multipart upload. */
    uploadId: text().notNull(),
    /** The API key that began the upload and is charged for it; null for the root key. */
    apiKeyId: text(),
    /** Size of the file of a direct upload, whose parts are sent to the bucket; null for others. */
    directSizeBytes: integer(),
    createdAt: time().notNull(),
    /** Time of the completion; null before. The columns below are set with it. */
    completedAt: time(),
    /** SHA-256 of the parts of the completion. */
    partsHash: text(),
    /** Etag of the completed file. */
    etag: text(),
    /** Size of the completed file. */
    sizeBytes: integer(),
  },
  (t) => [index('uploads_by_age').on(t.createdAt)],
)

/** The stored parts of uploads. A trigger deletes them with the row of their upload. */
export const uploadParts = sqliteTable(
  'upload_parts',
  {
    uploadId: text().notNull(),
    part: integer().notNull(),
    etag: text().notNull(),
    sizeBytes: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.uploadId, t.part] })],
)

/**
 * The state of tus uploads, each of which has a row of `uploads` with the same id. A trigger deletes
 * it with that row.
 */
export const tusUploads = sqliteTable(
  'tus_uploads',
  {
    id: text().primaryKey(),
    /** `Upload-Length`; null while it is deferred. */
    lengthBytes: integer(),
    /** All parts but the last have this size. */
    partSizeBytes: integer().notNull(),
    /** Bytes that are kept: those of the stored parts, and of the tail. */
    offsetBytes: integer().notNull().default(0),
    /** Key of the object with the bytes after the last stored part; null if there are none. */
    tailKey: text(),
    /** `Upload-Metadata`, as it was sent. */
    metadata: text().notNull(),
    /** The path of the signed URL that created the upload; null if an API key did. */
    signedPath: text(),
    /** The limit of the signed URL. */
    maxBytes: integer(),
    /** Names the request that may change the row; null if none may. */
    lockToken: text(),
    /** Time at which another request may take the lock. */
    lockedUntil: time().notNull().default(0),
  },
  (t) => [
    index('tus_uploads_signed')
      .on(t.signedPath)
      .where(sql`signed_path IS NOT NULL`),
  ],
)

/**
 * Originals and the API keys that are charged for them, as of the last write through the API. R2 is
 * the source of truth: a row is updated after the object. Triggers on this table and on
 * `storage_reservations` maintain `api_keys.stored_bytes`; others maintain `storage_totals`.
 */
export const files = sqliteTable(
  'files',
  {
    filePath: text().primaryKey(),
    /** Null if no key is charged: for the root key's files, and when the file was deleted. */
    apiKeyId: text(),
    /** 0 when the file was deleted; the cleaner deletes such a row. */
    sizeBytes: integer().notNull(),
    /** Changes with each write of the row, so that a writer detects concurrent writes. */
    revision: text().notNull(),
    recordedAt: time().notNull(),
  },
  (t) => [
    index('files_by_deletion')
      .on(t.recordedAt)
      .where(sql`size_bytes = 0`),
  ],
)

/** Bytes that are charged to an API key before they arrive: a file, or one part of an upload. */
export const storageReservations = sqliteTable(
  'storage_reservations',
  {
    /**
     * The id of the upload, or a new id for a whole file. When a row of `uploads` is deleted, a
     * trigger deletes its reservations.
     */
    id: text().notNull(),
    /** 0 for a whole file. */
    part: integer().notNull(),
    apiKeyId: text().notNull(),
    filePath: text().notNull(),
    sizeBytes: integer().notNull(),
    createdAt: time().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.part] }),
    index('storage_reservations_whole')
      .on(t.createdAt)
      .where(sql`part = 0`),
  ],
)

/**
 * The one row counts the originals, and the variants without those that jobs have made, which are in the totals of
 * their queues. Only triggers on `files` and `variants` write it.
 */
export const storageTotals = sqliteTable('storage_totals', {
  id: integer().primaryKey(),
  originals: count(),
  originalBytes: count(),
  variants: count(),
  variantBytes: count(),
})
