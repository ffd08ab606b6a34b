/**
 * The Worker that applies the migrations to the local database. Sending each statement through
 * Miniflare would take half a second longer.
 */
import type { D1Database } from '@cloudflare/workers-types'
import type { Migration } from './bundleInfo.ts'

export default {
  /** @param request its body is the list of all migrations */
  async fetch(request: Request, { DB }: { DB: D1Database }): Promise<Response> {
    try {
      await applyMigrations(DB, (await request.json()) as Migration[])
      return new Response()
    } catch (error) {
      return new Response((error as Error).message, { status: 500 })
    }
  },
}

/**
 * Applies the migrations that are not recorded yet, each as one transaction. Records them in the
 * table that `wrangler d1 migrations` uses, so that `npm run dev` can use the same database.
 *
 * @throws Error with the name of the migration that failed
 */
async function applyMigrations(db: D1Database, all: Migration[]): Promise<void> {
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
