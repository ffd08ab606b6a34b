/** Statements that read the event log. Triggers insert its rows; the cleaner deletes them. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { events } from './schema/index.ts'
import type { EventRow } from './rows.ts'

/** The first `limit` events of a queue after `seq`, oldest first. */
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
 * The range of sequence numbers over all queues. From `oldest` on, no event is missing. If the log
 * is empty, `oldest` is `newest + 1`. `newest` is the last assigned number, even if its event was
 * deleted.
 */
export async function findEventRange(db: Database) {
  const [range] = await db.all<{ oldest: number; newest: number }>(sql`
    WITH assigned (newest) AS (
      SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0))
    SELECT newest, coalesce((SELECT min(seq) FROM events), newest + 1) AS oldest FROM assigned`)
  return range!
}
