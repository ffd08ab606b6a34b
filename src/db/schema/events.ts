/** The event log. Only triggers insert rows; the cleaner deletes old ones. */
import { sql } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { DurableEventType } from '../../contract/events.ts'
import { time } from './columns.ts'

const EVENT_DATA = sql.raw(`iif(stored_data <> '', stored_data, json_patch(
    json_object('jobId', job_id, 'filePath', file_path, 'status', CASE type
      WHEN 'job:created' THEN 'pending'
      WHEN 'job:started' THEN 'running'
      WHEN 'job:playable' THEN 'running'
      WHEN 'job:retrying' THEN 'pending'
      ELSE substr(type, 5) END),
    json_object('priority', priority, 'error', error)))`)

export const events = sqliteTable('events', {
  /** The id of the server-sent event. */
  seq: integer().primaryKey({ autoIncrement: true }),
  queue: text().notNull(),
  jobId: text().notNull(),
  filePath: text().notNull(),
  type: text().$type<DurableEventType>().notNull(),
  /** `data` of an event from before migration 0009; otherwise empty. */
  storedData: text().notNull(),
  createdAt: time().notNull(),
  /** For `job:created`. */
  priority: integer(),
  /** For `job:error`, and for `job:retrying` after a failed attempt. */
  error: text(),
  /**
   * The `data` of the event (`durableEventData`), as JSON that the hubs send as it is. It is not
   * stored: it is built from the other columns when it is read.
   */
  data: text().notNull().generatedAlwaysAs(EVENT_DATA, { mode: 'virtual' }),
})
