/** SQL conditions that select the rows that a caller can see. */
import { and, eq, gte, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { prefixUpperBound, type Restriction } from '../domain/caller.ts'
import { jobs } from './schema/index.ts'

/** Condition: the path begins with `prefix`. Written as a range, so that an index can be used. */
export function isInFolder(column: SQLiteColumn, prefix: string): SQL {
  return and(gte(column, prefix), lt(column, prefixUpperBound(prefix)))!
}

/**
 * Condition: the text begins with `prefix`, which need not end in a slash. SQLite counts characters, and
 * JavaScript UTF-16 code units, so that SQLite has to take the length.
 */
export function beginsWith(column: SQLiteColumn, prefix: string): SQL {
  return sql`substr(${column}, 1, length(${prefix})) = ${prefix}`
}

/** Condition: the row is a job that the caller can see, and not a chunk of one. */
export function isVisibleJob({ queue, pathPrefix }: Restriction): SQL {
  return and(
    isNull(jobs.parentId),
    queue === null ? undefined : eq(jobs.queue, queue),
    pathPrefix === null ? undefined : isInFolder(jobs.filePath, pathPrefix),
  )!
}
