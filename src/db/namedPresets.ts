/** Statements on named presets. */
import { and, asc, eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { namedPresets } from './schema/index.ts'
import type { NamedPresetRow } from './rows.ts'

function named(queue: string, name: string) {
  return and(eq(namedPresets.queue, queue), eq(namedPresets.name, name))
}

export function findPreset(
  db: Database,
  queue: string,
  name: string,
): Promise<NamedPresetRow | undefined> {
  return db.select().from(namedPresets).where(named(queue, name)).get()
}

/** By their names. How many there can be is bounded where they are made. */
export function listPresetRows(db: Database, queue: string): Promise<NamedPresetRow[]> {
  return db
    .select()
    .from(namedPresets)
    .where(eq(namedPresets.queue, queue))
    .orderBy(asc(namedPresets.name))
}

/** Makes or changes one; undefined when there is no such queue, or it has `most` others already. */
export async function putPresetRow(
  db: Database,
  queue: string,
  { name, transformation }: Pick<NamedPresetRow, 'name' | 'transformation'>,
  most: number,
  now: number,
): Promise<NamedPresetRow | undefined> {
  await db.run(sql`
    INSERT INTO named_presets (queue, name, transformation, created_at, updated_at)
    SELECT queues.name, ${name}, ${transformation}, ${now}, ${now} FROM queues
    WHERE queues.name = ${queue}
      AND (SELECT count(*) FROM named_presets AS other
        WHERE other.queue = ${queue} AND other.name <> ${name}) < ${most}
    ON CONFLICT (queue, name) DO UPDATE SET
      transformation = excluded.transformation, updated_at = excluded.updated_at`)
  const row = await findPreset(db, queue, name)
  return row?.transformation === transformation ? row : undefined
}

/** Whether there was one. */
export async function deletePresetRow(db: Database, queue: string, name: string) {
  return (await db.delete(namedPresets).where(named(queue, name)).returning()).length > 0
}
