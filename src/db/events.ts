/** Statements on the event log. Its rows are written by triggers alone. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { events } from './schema/index.ts'
import type { EventRow } from './rows.ts'

/** The next events of a queue after `seq`, oldest first. */
export function listEvents(
  db: Database,
  queue: string,
  seq: number,
  limit: number,
): Promise<EventRow[]> {
  return db
    .select()
    .from(events)
    .where(and(eq(events.queue, queue), gt(events.seq, seq)))
    .orderBy(asc(events.seq))
    .limit(limit)
}

/**
 * The log's ends: `oldest` is the first sequence number from which on it is whole, `newest` the
 * last that it gave out, in whichever queue and kept or not. Old events go from all queues alike.
 */
export async function findEventRange(db: Database) {
  const [range] = await db.all<{ oldest: number; newest: number }>(sql`
    WITH given (newest) AS (
      SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0))
    SELECT newest, coalesce((SELECT min(seq) FROM events), newest + 1) AS oldest FROM given`)
  return range!
}
