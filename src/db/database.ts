/** The one way into D1. Statements live beside this file, one module for each table they turn on. */
import type { SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import * as schema from './schema/index.ts'

export function openDatabase(d1: D1Database) {
  return drizzle(d1, { schema, casing: 'snake_case' })
}
export type Database = ReturnType<typeof openDatabase>

/**
 * A raw statement that can go into `db.batch`. drizzle's own `db.run` cannot: it has no prepared
 * D1 statement to bind (drizzle-team/drizzle-orm#2277), so this gives it one.
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

/** For statements that change one row or none. */
export function first<T>(rows: T[]): T | undefined {
  return rows[0]
}
