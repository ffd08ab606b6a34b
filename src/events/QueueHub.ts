/**
 * One per queue: who is watching it, who waits for its work, and the alarm of its watchdog. It
 * holds no job state. Everything that must outlive it is in its sockets' attachments, its alarm
 * and D1, so that it sleeps between events however many clients are connected.
 */
import { DurableObject } from 'cloudflare:workers'
import type { DurableEventData, ProgressData, StreamMessage } from '../contract/events.ts'
import { type Database, openDatabase } from '../db/database.ts'
import { findEventRange, listEvents } from '../db/events.ts'
import { runWatchdog } from '../services/maintenance/watchdog.ts'
import { createPlatform } from '../platform/platform.ts'
import { PING, PONG } from '../platform/hubClient.ts'
import { encode, matches, type Subscription, subscription } from '../domain/subscription.ts'
import type { EventRow } from '../db/rows.ts'

const STREAM = 'stream'
const RUNNER = 'runner'
const EVENTS_A_READ = 500
function streamsOf(key: string) {
  return `streams of ${key}`
}
function isOpen(socket: WebSocket) {
  return socket.readyState === WebSocket.OPEN
}

export class QueueHub extends DurableObject<Env> {
  private readonly db: Database = openDatabase(this.env.DB)
  private pumping: Promise<void> | null = null
  private pumpAgain = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  /** The queue that this object is named after. */
  private get queue(): string {
    return this.ctx.id.name!
  }

  /**
   * Upgrades to a WebSocket. `/runner` gets one message when there may be work. `/stream` gets
   * every event from now on, or those after `since` first, filtered by `jobId`, `filePath` and
   * `pathPrefix`; the answer's `X-Cursor` is the id after which it begins. It is 429 when `key` has
   * `max` streams open already.
   */
  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const { 0: client, 1: server } = new WebSocketPair()
    if (pathname === '/runner') {
      this.ctx.acceptWebSocket(server, [RUNNER])
      return new Response(null, { status: 101, webSocket: client })
    }
    const counted = searchParams.get('key')
    // In the one place that has all of a queue's streams, so that the cap is exact.
    if (counted !== null) {
      const open = this.ctx.getWebSockets(streamsOf(counted)).filter(isOpen).length
      if (open >= Number(searchParams.get('max'))) {
        return new Response(null, { status: 429 })
      }
    }
    const since = searchParams.get('since')
    const { oldest, newest } = await findEventRange(this.db)
    const from = since === null ? newest : Number(since)
    // An id that is older than what is kept, or that this log never gave out.
    const lost = from > newest || from < oldest - 1
    const cursor = lost ? newest : from
    server.serializeAttachment({
      jobId: searchParams.get('jobId'),
      filePath: searchParams.get('filePath'),
      pathPrefix: searchParams.get('pathPrefix'),
      cursor,
    } satisfies Subscription)
    this.ctx.acceptWebSocket(server, counted === null ? [STREAM] : [STREAM, streamsOf(counted)])
    if (lost) {
      const reason = 'Events since your last one are no longer kept: list the jobs anew.'
      server.send(encode({ event: 'resync', data: { reason } }))
    }
    // What was written between the look at the log and the socket's acceptance is sent now.
    await this.pump()
    const headers = { 'X-Cursor': String(cursor) }
    return new Response(null, { status: 101, webSocket: client, headers })
  }

  /** There may be new events, and something to look at by `deadline` (ms since the epoch). */
  async notify(deadline: number | null): Promise<void> {
    if (deadline !== null) {
      await this.armAlarm(deadline)
    }
    await this.pump()
  }

  /**
   * Tells up to `count` waiting runners that there may be work, the longest waiting first; gives back
   * how many it told.
   */
  wake(count: number): number {
    let told = 0
    for (const socket of this.ctx.getWebSockets(RUNNER)) {
      if (told === count) {
        break
      }
      if (socket.readyState !== WebSocket.OPEN) {
        continue
      }
      socket.send('work')
      socket.close(1000, 'work')
      told++
    }
    return told
  }

  /** Sends progress to those who watch the job now; it is kept nowhere. */
  progress(filePath: string, data: ProgressData): void {
    const message = encode({ event: 'job:progress', filePath, data })
    for (const [socket, subscriber] of this.subscribers()) {
      if (matches(subscriber, { jobId: data.jobId, filePath })) {
        send(socket, message)
      }
    }
  }

  /** The watchdog: it is set for the earliest moment at which something runs out or falls due. */
  override alarm(): Promise<void> {
    return this.watch()
  }

  /** One round of the watchdog now; the cron's way in. */
  async watch(): Promise<void> {
    const platform = createPlatform(this.env, this.ctx.waitUntil.bind(this.ctx))
    const next = await runWatchdog(platform, this.queue)
    if (next !== null) {
      await this.armAlarm(next)
    }
    // An event whose poke was lost is late by no more than a round.
    await this.pump()
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code)
  }

  private async armAlarm(deadline: number) {
    const armed = await this.ctx.storage.getAlarm()
    if (armed === null || armed > deadline) {
      await this.ctx.storage.setAlarm(deadline)
    }
  }

  private *subscribers(): Generator<[WebSocket, Subscription]> {
    for (const socket of this.ctx.getWebSockets(STREAM).filter(isOpen)) {
      const { data } = subscription.safeParse(socket.deserializeAttachment())
      if (data) {
        yield [socket, data]
      }
      // Its client resumes; to fail here would silence all the others with it.
      else {
        socket.close(1011, 'no place in the log')
      }
    }
  }

  /** One pump runs at a time, so that events leave in order; a call meanwhile has it look again. */
  private async pump(): Promise<void> {
    this.pumpAgain = true
    // Asked again: a call may come in just when the pump has looked for the last time.
    while (this.pumpAgain) {
      await (this.pumping ??= this.pumpAll().finally(() => (this.pumping = null)))
    }
  }

  private async pumpAll() {
    while (this.pumpAgain) {
      this.pumpAgain = false
      const cursors = [...this.subscribers()].map(([, subscriber]) => subscriber.cursor)
      if (cursors.length === 0) {
        return
      }
      const from = Math.min(...cursors)
      const rows = await listEvents(this.db, this.queue, from, EVENTS_A_READ)
      if (rows.length === 0) {
        continue
      }
      // Who came during the read and is further behind waits for the next: these rows begin too late.
      for (const [socket, subscriber] of this.subscribers()) {
        if (subscriber.cursor >= from) {
          deliver(socket, subscriber, rows)
        }
      }
      if (rows.length === EVENTS_A_READ) {
        this.pumpAgain = true
      }
    }
  }
}

function deliver(socket: WebSocket, subscriber: Subscription, rows: EventRow[]) {
  for (const row of rows) {
    if (row.seq > subscriber.cursor && matches(subscriber, row)) {
      send(socket, encode(toMessage(row)))
    }
  }
  const cursor = Math.max(subscriber.cursor, rows.at(-1)!.seq)
  socket.serializeAttachment({ ...subscriber, cursor } satisfies Subscription)
}

function toMessage(row: EventRow): StreamMessage {
  return {
    event: row.type,
    id: row.seq,
    data: JSON.parse(row.data) as DurableEventData,
  }
}

/** A socket that closed meanwhile is the client's affair: it resumes with the last id it had. */
function send(socket: WebSocket, message: string) {
  try {
    socket.send(message)
  } catch {
    socket.close(1011, 'send failed')
  }
}
