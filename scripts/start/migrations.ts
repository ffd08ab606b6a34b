/** Applies the migrations to the local database. */
import type { D1Database } from '@cloudflare/workers-types'
import type { Migration } from './bundleInfo.ts'

/**
 * Applies those that are not recorded, each as one transaction. The record is the table of
 * `wrangler d1 migrations`, so that `npm run dev` can go on with the same database.
 *
 * @throws Error with the name of the migration that failed
 */
export async function applyMigrations(db: D1Database, all: Migration[]): Promise<void> {
  await db
    .prepare(
      `CREATE TABLE IF NOT EXISTS d1_migrations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT UNIQUE,
        applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
      )`,
    )
    .run()
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const applied = new Set(results.map(({ name }) => name))
  for (const { name, statements } of all.filter((migration) => !applied.has(migration.name))) {
    const record = db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)
    try {
      await db.batch([...statements.map((sql) => db.prepare(sql)), record])
    } catch (error) {
      throw new Error(`The migration ${name} failed: ${(error as Error).message}`, { cause: error })
    }
  }
}
