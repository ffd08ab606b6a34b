/** Statements that read the event log. Triggers insert its rows; the cleaner deletes them. */
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { events } from './schema/index.ts'
import type { EventRow } from './rows.ts'

/** @param queue null for all queues */
function isAfter(queue: string | null, seq: number) {
  return and(queue === null ? undefined : eq(events.queue, queue), gt(events.seq, seq))
}

/** The first `limit` events after `seq`, oldest first, of a queue or (null) of all queues. */
export function listEvents(
  db: Database,
  queue: string | null,
  seq: number,
  limit: number,
): Promise<EventRow[]> {
  return db.select().from(events).where(isAfter(queue, seq)).orderBy(asc(events.seq)).limit(limit)
}

/** The last `limit` events after `seq`, oldest first, of a queue or (null) of all queues. */
export async function listNewestEvents(
  db: Database,
  queue: string | null,
  seq: number,
  limit: number,
): Promise<EventRow[]> {
  const rows = await db
    .select()
    .from(events)
    .where(isAfter(queue, seq))
    .orderBy(desc(events.seq))
    .limit(limit)
  return rows.toReversed()
}

/**
 * The range of sequence numbers over all queues. `oldest` is the lowest number in the log, or
 * `newest + 1` if the log is empty. `newest` is the last assigned number, even if its event was
 * deleted.
 */
export async function findEventRange(db: Database) {
  const [range] = await db.all<{ oldest: number; newest: number }>(sql`
    WITH assigned (newest) AS (
      SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0))
    SELECT newest, coalesce((SELECT min(seq) FROM events), newest + 1) AS oldest FROM assigned`)
  return range!
}
