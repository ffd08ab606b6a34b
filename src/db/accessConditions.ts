/** A caller's bounds as conditions, so that they hold in the very statement that reads or changes. */
import { and, eq, gte, lt, type SQL } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { prefixUpperBound, type Restriction } from '../domain/caller.ts'
import { jobs } from './schema/index.ts'

/** Paths that begin with `prefix`, as a range that an index of paths can be entered by. */
export function isInFolder(column: SQLiteColumn, prefix: string): SQL {
  return and(gte(column, prefix), lt(column, prefixUpperBound(prefix)))!
}

/** Jobs that a restricted caller can see; undefined where that is all. */
export function isVisibleJob({ queue, pathPrefix }: Restriction): SQL | undefined {
  return and(
    queue === null ? undefined : eq(jobs.queue, queue),
    pathPrefix === null ? undefined : isInFolder(jobs.filePath, pathPrefix),
  )
}
