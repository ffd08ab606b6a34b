/** The event log. Only triggers insert rows; the cleaner deletes old ones. */
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { DurableEventType } from '../../contract/events.ts'
import { time } from './columns.ts'

export const events = sqliteTable(
  'events',
  {
    /** The id of the server-sent event. */
    seq: integer().primaryKey({ autoIncrement: true }),
    queue: text().notNull(),
    jobId: text().notNull(),
    filePath: text().notNull(),
    type: text().$type<DurableEventType>().notNull(),
    /** The `data` of the event (`durableEventData`), as JSON that the hubs send as it is. */
    data: text().notNull(),
    createdAt: time().notNull(),
  },
  (t) => [index('events_by_queue').on(t.queue, t.seq)],
)
