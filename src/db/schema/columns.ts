/** Column types that several tables share. */
import { integer, text } from 'drizzle-orm/sqlite-core'

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
