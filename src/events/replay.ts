/**
 * Sends a client the events that it missed before it connected. The Worker that holds the client's
 * connection reads them, at the pace of this client, while the hub sends new events to all others.
 */
import type { Database } from '../db/database.ts'
import { type EventRange, listMatchingEvents } from '../db/events.ts'
import type { EventRow } from '../db/rows.ts'
import type { EventFilter } from '../domain/subscription.ts'
import { encodeRow, joinFrames } from './frames.ts'

/** Reads the first `limit` events of a range that match the client's filter, oldest first. */
export type ReadMissed = (range: EventRange, limit: number) => Promise<EventRow[]>

const MAX_EVENTS_PER_READ = 500

/** @param queue null for all queues */
export function readMissedEvents(
  db: Database,
  queue: string | null,
  filter: EventFilter,
): ReadMissed {
  return (range, limit) => listMatchingEvents(db, queue, filter, range, limit)
}

/** @param write resolves when the client can take more; with false if it has disconnected */
export async function replayMissed(
  read: ReadMissed,
  { after, until }: EventRange,
  write: (message: Uint8Array) => Promise<boolean>,
): Promise<void> {
  let isComplete = after >= until
  let last = after
  while (!isComplete) {
    const rows = await read({ after: last, until }, MAX_EVENTS_PER_READ)
    for (const message of joinFrames(rows.map(encodeRow))) {
      if (!(await write(message))) {
        return
      }
    }
    isComplete = rows.length < MAX_EVENTS_PER_READ
    last = rows.at(-1)?.seq ?? until
  }
}
