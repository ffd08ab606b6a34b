/** A caller's bounds as conditions, so that they hold in the very statement that reads or changes. */
import { and, eq, gte, lt, type SQL } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { afterPrefix, type Restriction } from '../domain/access.ts'
import { jobs } from './schema.ts'

/** Paths that begin with `prefix`, as a range that an index of paths can be entered by. */
export function inFolder(column: SQLiteColumn, prefix: string): SQL {
  return and(gte(column, prefix), lt(column, afterPrefix(prefix)))!
}

/** Jobs that a restricted caller can see; undefined where that is all. */
export function jobsWithin({ queue, pathPrefix }: Restriction): SQL | undefined {
  return and(
    queue === null ? undefined : eq(jobs.queue, queue),
    pathPrefix === null ? undefined : inFolder(jobs.filePath, pathPrefix),
  )
}
