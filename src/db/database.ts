/** Access to D1. The statements are in the other files of this folder. */
import { inArray, sql, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'

export type Database = ReturnType<typeof createDatabase>

/** Kept, because creating one takes longer than a query. It has no state of a request. */
const databases = new WeakMap<D1Database, Database>()

export function openDatabase(d1: D1Database): Database {
  const open = databases.get(d1) ?? createDatabase(d1)
  databases.set(d1, open)
  return open
}

/** Without the option `schema`, which only relational queries need, and which is slow. */
function createDatabase(d1: D1Database) {
  return drizzle(d1, { casing: 'snake_case' })
}

/**
 * Builds a raw statement for `db.batch`, which does not accept drizzle's own `db.run`: it has no
 * prepared D1 statement (drizzle-team/drizzle-orm#2277). This function adds one.
 */
export function statement(db: Database, text: SQL) {
  const raw = db.run(text)
  const query = raw.getQuery()
  const prepared = {
    stmt: db.$client.prepare(query.sql),
    getQuery: () => query,
    mapResult: (result: D1Result) => result,
  }
  return Object.assign(raw, { _prepare: () => prepared })
}

/**
 * Writes constants as a list for `IN`. They are not bound as parameters, because SQLite uses a
 * partial index only if it can compare the condition with that of the index.
 */
export function sqlList(constants: readonly string[]): SQL {
  return sql.raw(`(${constants.map((constant) => `'${constant}'`).join(', ')})`)
}

/** D1 accepts 100 parameters in a statement. */
const MAX_LISTED_PARAMETERS = 50

/**
 * Condition: the column has one of these values. More than MAX_LISTED_PARAMETERS values are bound
 * as one JSON parameter; D1 then counts each value as a row read.
 */
export function isListed(column: SQLiteColumn, values: string[]): SQL {
  if (values.length <= MAX_LISTED_PARAMETERS) {
    return inArray(column, values)
  }
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`
}

/** Returns the first row, for statements that return at most one; undefined if there is none. */
export function first<T>(rows: T[]): T | undefined {
  return rows[0]
}
