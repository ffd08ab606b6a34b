/** Statements on the event log. Its rows are written by triggers alone. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { events } from './schema.ts'

export type EventRow = typeof events.$inferSelect

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

/** The sequence numbers of a queue's oldest kept and newest event; 0 where there is none. */
export async function findEventRange(db: Database, queue: string) {
  const [range] = await db.all<{ oldest: number; newest: number }>(sql`
    SELECT
      coalesce((SELECT min(seq) FROM events WHERE queue = ${queue}), 0) AS oldest,
      coalesce((SELECT max(seq) FROM events WHERE queue = ${queue}), 0) AS newest`)
  return range!
}
