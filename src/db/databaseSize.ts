/** The size of the database, which D1 reports with every result. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'

/** D1's limit for one database. */
export const MAX_DATABASE_BYTES = 10_000_000_000

/** Returns the size of the database in bytes. Reads no row, but fails if a table is missing. */
export async function readDatabaseSize(db: Database): Promise<number> {
  const result = await db.run(sql`SELECT 1 FROM queues LIMIT 0`)
  return result.meta.size_after
}
