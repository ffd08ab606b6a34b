/**
 * The dispatcher: reads the event log after the cursors of the webhook endpoints, and creates a delivery for
 * each endpoint that wants an event. It can run at any time and several times at once: an event is handed
 * to an endpoint once.
 */
import { findShownJobs } from '../../db/jobs.ts'
import {
  type EndpointWake,
  findDispatchStart,
  insertDeliveries,
  listDueEndpoints,
  listWantedEvents,
  type NewDelivery,
  recordLostEvents,
  type WantedEvent,
} from '../../db/webhookDispatch.ts'
import { logWarn } from '../../log.ts'
import type { Platform } from '../ports.ts'
import { writeBody } from './payload.ts'

/** Events read in one pass: their number times that of the endpoints is the number of rows read. */
const MAX_EVENTS_PER_PASS = 200
const MAX_DELIVERIES_PER_PASS = 300
/** A statement takes a parameter of up to 2 MB. */
const MAX_BYTES_PER_PASS = 1_000_000
/** Further passes are left to the next wake-up. */
const MAX_PASSES = 10
/** Longer delays are left to the cron trigger, which runs every minute. */
const MAX_DELAY_MS = 90_000

/** Hands out new events. Returns whether there were any that had not been handed out. */
export async function dispatchEvents(platform: Platform): Promise<boolean> {
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    if (!(await dispatchNext(platform))) {
      return pass > 0
    }
  }
  await platform.wakeWebhooks([{ delaySeconds: 0 }])
  return true
}

/** Returns false if there was no new event. */
async function dispatchNext(platform: Platform): Promise<boolean> {
  const { db } = platform
  const start = await findDispatchStart(db)
  if (start === undefined || start.cursor >= start.newest) {
    return false
  }
  if (start.oldest > start.cursor + 1) {
    logWarn('webhook_events_lost', { from: start.cursor + 1, to: start.oldest - 1 })
    await recordLostEvents(db, start.oldest)
  }
  const from = Math.max(start.cursor, start.oldest - 1)
  const last = Math.min(start.newest, from + MAX_EVENTS_PER_PASS)
  const wanted = await listWantedEvents(db, last, MAX_DELIVERIES_PER_PASS + 1)
  const { deliveries, until } = await buildDeliveries(platform, wanted, last)
  const woken = await insertDeliveries(db, deliveries, until, Date.now())
  await wakeEndpoints(platform, woken)
  return true
}

/** Builds the deliveries of as many events as one statement can insert: those up to `until`. */
async function buildDeliveries({ db }: Platform, wanted: WantedEvent[], last: number) {
  const ids = new Set(wanted.map(({ jobId }) => jobId).filter((id) => id !== ''))
  const rows = ids.size === 0 ? [] : await findShownJobs(db, [...ids])
  const jobs = new Map(rows.map((row) => [row.id, row]))
  const deliveries: NewDelivery[] = []
  let bytes = 0
  for (const event of wanted) {
    const body = writeBody(event, jobs.get(event.jobId))
    bytes += body.length
    const isFull = deliveries.length === MAX_DELIVERIES_PER_PASS || bytes > MAX_BYTES_PER_PASS
    const isNewEvent = deliveries.at(-1)?.seq !== event.seq
    // All deliveries of an event are inserted together, because its number becomes the cursor.
    if (isFull && isNewEvent) {
      return { deliveries, until: event.seq - 1 }
    }
    deliveries.push({ ...event, body })
  }
  // The last event that was read may have further deliveries.
  if (wanted.length > MAX_DELIVERIES_PER_PASS && deliveries[0]!.seq < deliveries.at(-1)!.seq) {
    const until = deliveries.at(-1)!.seq - 1
    return { deliveries: deliveries.filter(({ seq }) => seq <= until), until }
  }
  return { deliveries, until: last }
}

/** Sends a message for each endpoint to which something can be sent soon. */
export async function wakeEndpoints(
  platform: Pick<Platform, 'wakeWebhooks'>,
  endpoints: readonly EndpointWake[],
): Promise<void> {
  const now = Date.now()
  await platform.wakeWebhooks(
    endpoints
      .filter(({ wakeAt }) => wakeAt - now <= MAX_DELAY_MS)
      .map(({ id, wakeAt }) => ({
        endpoint: id,
        delaySeconds: Math.max(0, Math.ceil((wakeAt - now) / 1000)),
      })),
  )
}

/**
 * Hands out events and wakes endpoints whose wake-ups were lost. Returns whether events had not been handed
 * out.
 */
export async function repeatWakeUps(platform: Platform): Promise<boolean> {
  const hadEvents = await dispatchEvents(platform)
  await wakeEndpoints(platform, await listDueEndpoints(platform.db, Date.now()))
  return hadEvents
}
