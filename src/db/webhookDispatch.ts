/**
 * Statements of the dispatcher, which hands the events of the log to the webhook endpoints: it creates a
 * delivery for each endpoint that wants the event, and moves the cursors on.
 */
import { sql } from 'drizzle-orm'
import { MAX_DELAY_OF_NEW_MS } from '../domain/webhookRetry.ts'
import { type Database, statement } from './database.ts'
import { JOB_URLS } from './schema/index.ts'

/** Endpoints to which events are handed. Those of job URLs share the cursor of the row JOB_URLS. */
const HAS_OPEN_CURSOR = sql`for_jobs = 0 AND cursor IS NOT NULL AND disabled_at IS NULL AND deleted_at IS NULL`

export interface DispatchStart {
  /** The lowest cursor. */
  cursor: number
  /** The lowest sequence number in the log; `newest + 1` if the log is empty. */
  oldest: number
  /** The last assigned sequence number. */
  newest: number
}

/** Returns undefined if there is no endpoint. */
export async function findDispatchStart(db: Database): Promise<DispatchStart | undefined> {
  const [start] = await db.all<DispatchStart>(sql`
    SELECT cursor, newest, coalesce((SELECT min(seq) FROM events), newest + 1) AS oldest FROM (
      SELECT cursor,
        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0) AS newest
      FROM webhook_endpoints WHERE ${HAS_OPEN_CURSOR} ORDER BY cursor LIMIT 1)`)
  return start
}

/** Records which events were deleted before they could be handed to an endpoint, and passes them over. */
export async function recordLostEvents(db: Database, oldest: number): Promise<void> {
  await db.run(sql`
    UPDATE webhook_endpoints SET lost_from = cursor + 1, lost_to = ${oldest - 1}, cursor = ${oldest - 1}
    WHERE ${HAS_OPEN_CURSOR} AND cursor < ${oldest - 1}`)
}

/** An event that an endpoint wants. */
export interface WantedEvent {
  endpointId: string
  /** Set for a job URL. */
  url: string | null
  seq: number
  type: string
  queue: string
  /** Empty for an event of no job, and so is `filePath`. */
  jobId: string
  filePath: string
  createdAt: number
  /** The error of the event; for `webhook:disabled` and `job:prioritized` its data as JSON. */
  error: string | null
}

/** Reads the events after the cursor of each endpoint up to `until` that it wants, oldest first. */
export function listWantedEvents(
  db: Database,
  until: number,
  limit: number,
): Promise<WantedEvent[]> {
  const columns = sql.raw(`events.seq, events.type, events.queue, events.job_id AS jobId,
    events.file_path AS filePath, events.created_at AS createdAt,
    iif(events.type IN ('webhook:disabled', 'job:prioritized'), events.stored_data, events.error)
      AS error`)
  const isWantedType = sql`EXISTS (SELECT 1 FROM json_each(e.types) WHERE value = events.type)`
  return db.all<WantedEvent>(sql`
    SELECT * FROM (
      SELECT e.id AS endpointId, NULL AS url, ${columns}
      FROM (SELECT * FROM webhook_endpoints WHERE ${HAS_OPEN_CURSOR} AND id <> ${JOB_URLS}) AS e
      CROSS JOIN events ON events.seq > e.cursor AND events.seq <= ${until}
      WHERE (e.queue IS NULL OR e.queue = events.queue)
        AND (e.path_prefix IS NULL
          OR substr(events.file_path, 1, length(e.path_prefix)) = e.path_prefix)
        AND ${isWantedType}
      UNION ALL
      SELECT e.id, named.url, ${columns}
      FROM (SELECT cursor FROM webhook_endpoints WHERE ${HAS_OPEN_CURSOR} AND id = ${JOB_URLS}) AS shared
      CROSS JOIN events ON events.seq > shared.cursor AND events.seq <= ${until}
      CROSS JOIN job_webhooks AS named ON named.job_id = events.job_id
      CROSS JOIN webhook_endpoints AS e ON e.id = named.endpoint_id
      WHERE e.deleted_at IS NULL AND ${isWantedType})
    ORDER BY seq LIMIT ${limit}`)
}

export interface NewDelivery extends WantedEvent {
  body: string
}

/** An endpoint to which something can be sent, from this time on (ms since the epoch). */
export interface EndpointWake {
  id: string
  wakeAt: number
}

/**
 * Inserts deliveries and moves the cursors to `until`, in one transaction. Inserts none that another
 * dispatcher has inserted: it has moved the cursor. Returns the endpoints to which something can be sent.
 */
export async function insertDeliveries(
  db: Database,
  deliveries: readonly NewDelivery[],
  until: number,
  now: number,
): Promise<EndpointWake[]> {
  const moveCursors = statement(
    db,
    sql`UPDATE webhook_endpoints SET cursor = ${until} WHERE ${HAS_OPEN_CURSOR} AND cursor < ${until}`,
  )
  if (deliveries.length === 0) {
    await db.batch([moveCursors])
    return []
  }
  const insert = statement(
    db,
    sql`
    INSERT INTO webhook_deliveries (endpoint_id, seq, type, job_id, url, body, queue, file_path,
      event_at, event_error, queued_at, next_attempt_at)
    SELECT e.id, new.value ->> 'seq', new.value ->> 'type', new.value ->> 'jobId',
      new.value ->> 'url', new.value ->> 'body', new.value ->> 'queue', new.value ->> 'filePath',
      new.value ->> 'createdAt', new.value ->> 'error', ${now}, ${now}
    FROM json_each(${JSON.stringify(deliveries)}) AS new
    CROSS JOIN webhook_endpoints AS e ON e.id = new.value ->> 'endpointId' AND e.deleted_at IS NULL
    CROSS JOIN webhook_endpoints AS position ON position.id = iif(e.for_jobs, ${JOB_URLS}, e.id)
      AND position.cursor < new.value ->> 'seq'
    WHERE true
    ON CONFLICT DO NOTHING`,
  )
  const ids = JSON.stringify([...new Set(deliveries.map(({ endpointId }) => endpointId))])
  // An endpoint that fails is tried again sooner when it has something that was never sent.
  const wakeAt = sql`max(coalesce(held_until, 0),
    iif(failures = 0, ${now}, min(retry_at, ${now + MAX_DELAY_OF_NEW_MS})))`
  const wake = statement(
    db,
    sql`
    UPDATE webhook_endpoints SET retry_at = iif(failures = 0, held_until, ${wakeAt}), wake_at = ${wakeAt}
    WHERE id IN (SELECT value FROM json_each(${ids})) AND disabled_at IS NULL
    RETURNING id, wake_at AS wakeAt`,
  )
  const [, , woken] = await db.batch([insert, moveCursors, wake])
  return woken.results as unknown as EndpointWake[]
}

/** Endpoints to which something can be sent at `now`, for wake-ups that were lost. */
export function listDueEndpoints(db: Database, now: number): Promise<EndpointWake[]> {
  return db.all<EndpointWake>(sql`
    SELECT id, wake_at AS wakeAt FROM webhook_endpoints
    WHERE wake_at <= ${now} AND disabled_at IS NULL AND deleted_at IS NULL`)
}
