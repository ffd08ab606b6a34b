/** Statements on named presets. */
import { and, asc, eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { namedPresets } from './schema/index.ts'
import type { NamedPresetRow } from './rows.ts'

function isPreset(queue: string, name: string) {
  return and(eq(namedPresets.queue, queue), eq(namedPresets.name, name))
}

export function findPreset(
  db: Database,
  queue: string,
  name: string,
): Promise<NamedPresetRow | undefined> {
  return db.select().from(namedPresets).where(isPreset(queue, name)).get()
}

/** All presets of a queue, by name. `putPresetRow` enforces the maximum number. */
export function listPresetRows(db: Database, queue: string): Promise<NamedPresetRow[]> {
  return db
    .select()
    .from(namedPresets)
    .where(eq(namedPresets.queue, queue))
    .orderBy(asc(namedPresets.name))
}

/**
 * Creates or changes a preset. Returns undefined if the queue does not exist or already has
 * `maxPresets` other presets, or if a concurrent request changed or deleted the preset.
 */
export async function putPresetRow(
  db: Database,
  queue: string,
  { name, transformation }: Pick<NamedPresetRow, 'name' | 'transformation'>,
  maxPresets: number,
  now: number,
): Promise<NamedPresetRow | undefined> {
  await db.run(sql`
    INSERT INTO named_presets (queue, name, transformation, created_at, updated_at)
    SELECT queues.name, ${name}, ${transformation}, ${now}, ${now} FROM queues
    WHERE queues.name = ${queue}
      AND (SELECT count(*) FROM named_presets AS other
        WHERE other.queue = ${queue} AND other.name <> ${name}) < ${maxPresets}
    ON CONFLICT (queue, name) DO UPDATE SET
      transformation = excluded.transformation, updated_at = excluded.updated_at`)
  const row = await findPreset(db, queue, name)
  return row?.transformation === transformation ? row : undefined
}

/** Returns false if the preset does not exist. */
export async function deletePresetRow(db: Database, queue: string, name: string) {
  return (await db.delete(namedPresets).where(isPreset(queue, name)).returning()).length > 0
}
