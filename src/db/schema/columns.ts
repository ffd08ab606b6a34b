/** Column types that several tables share, and the condition on a status. */
import { type SQL, sql } from 'drizzle-orm'
import { integer, text } from 'drizzle-orm/sqlite-core'
import type { JobStatus } from '../../contract/jobStatus.ts'

/** A reference file of a variant, as it was when the job was created or claimed. */
export interface ReferenceFile {
  path: string
  etag: string
  sizeBytes: number
}

/** A time in milliseconds since the epoch. */
export function time() {
  return integer()
}

export function count() {
  return integer().notNull().default(0)
}

/** The reference files of a job or variant, in the order of `listReferenceFiles`. */
export function referenceFileList() {
  return text({ mode: 'json' }).$type<ReferenceFile[]>().notNull().default([])
}

/**
 * Condition on the status of a job, for partial indexes and the queries that use them. SQLite uses
 * a partial index only if the query contains the condition of the index.
 */
export function hasStatus(statuses: readonly JobStatus[]): SQL {
  const list = statuses.map((status) => `'${status}'`).join(', ')
  return sql.raw(statuses.length === 1 ? `status = ${list}` : `status IN (${list})`)
}
