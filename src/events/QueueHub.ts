/**
 * The hub of one queue: event streams, waiting runners, and the alarm of the watchdog. One more hub
 * has the event streams that follow all queues. All state that must survive hibernation is in the
 * sockets (tags and attachments), the storage of the object and D1. The hub can therefore hibernate
 * between events while clients are connected.
 */
import { DurableObject } from 'cloudflare:workers'
import type { ProgressData } from '../contract/events.ts'
import { type Database, openDatabase } from '../db/database.ts'
import { findEventRange } from '../db/events.ts'
import { listReadyJobs } from '../db/claimQuery.ts'
import { findQueue } from '../db/queues.ts'
import type { JobRequirements } from '../domain/runnerRequirements.ts'
import { runWatchdog } from '../services/maintenance/watchdog.ts'
import { nextRoundTime } from '../services/maintenance/watchdogInterval.ts'
import { createPlatform } from '../platform/platform.ts'
import { ALL_QUEUES, PING, PONG } from '../platform/hubClient.ts'
import {
  encodeMessage,
  matchesFilter,
  type Subscription,
  subscription,
} from '../domain/subscription.ts'
import { EventDelivery, send, type Subscriber } from './EventDelivery.ts'
import { wakeWaitingRunners } from './waitingRunners.ts'
import { armAlarm, runRound } from './watchdogAlarm.ts'

// Tags of sockets.
const STREAM = 'stream'
const RUNNER = 'runner'

function isOpen(socket: WebSocket) {
  return socket.readyState === WebSocket.OPEN
}

export class QueueHub extends DurableObject<Env> {
  private readonly db: Database = openDatabase(this.env.DB)
  private readonly delivery: EventDelivery

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const queue = this.queue === ALL_QUEUES ? null : this.queue
    this.delivery = new EventDelivery(this.db, queue, () => this.subscribers())
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  /** The object is named after its queue. */
  private get queue(): string {
    return this.ctx.id.name!
  }

  /** Upgrades to a WebSocket: `/runner` for a waiting runner, `/stream` for an event stream. */
  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    return pathname === '/runner'
      ? this.acceptRunner(searchParams)
      : this.acceptSubscriber(searchParams)
  }

  /** The socket receives one message when there may be work for a runner with `capabilities`. */
  private acceptRunner(query: URLSearchParams): Response {
    const { 0: client, 1: server } = new WebSocketPair()
    server.serializeAttachment(JSON.parse(query.get('capabilities') ?? '{}'))
    this.ctx.acceptWebSocket(server, [RUNNER])
    return new Response(null, { status: 101, webSocket: client })
  }

  /**
   * The socket receives every event from now on, or after the event `since`, filtered by `jobId`,
   * `filePath` and `pathPrefix`. The response header `X-Cursor` is the id after which the stream
   * begins.
   */
  private async acceptSubscriber(query: URLSearchParams): Promise<Response> {
    const since = query.get('since')
    const { oldest, newest } = await findEventRange(this.db)
    const from = since === null ? newest : Number(since)
    // Events after `from` may have been deleted, or the log has not reached that id.
    const isLost = from > newest || from < oldest - 1
    const cursor = isLost ? newest : from
    const { 0: client, 1: server } = new WebSocketPair()
    server.serializeAttachment({
      jobId: query.get('jobId'),
      filePath: query.get('filePath'),
      pathPrefix: query.get('pathPrefix'),
      cursor,
    } satisfies Subscription)
    this.ctx.acceptWebSocket(server, [STREAM])
    if (isLost) {
      const reason = 'Events after your last one may be missing. List the jobs again.'
      server.send(encodeMessage({ event: 'resync', data: { reason } }))
    }
    // Sends the events after `cursor` that are in the log by now. A long replay continues later.
    await this.delivery.run()
    const headers = { 'X-Cursor': String(cursor) }
    return new Response(null, { status: 101, webSocket: client, headers })
  }

  /** See `Hubs.notify`. */
  async notify(deadline: number | null): Promise<void> {
    if (deadline !== null) {
      await armAlarm(this.ctx.storage, deadline)
    }
    await this.delivery.run()
  }

  /** See `Hubs.wake`. */
  async wake(count: number): Promise<JobRequirements[]> {
    const findWaiting = () => this.ctx.getWebSockets(RUNNER).filter(isOpen)
    if (findWaiting().length === 0) {
      return []
    }
    const jobs = await listReadyJobs(this.db, this.queue)
    return wakeWaitingRunners(findWaiting(), jobs, count)
  }

  /** Sends progress to the current subscribers of the job, without storing it. */
  sendProgress(filePath: string, data: ProgressData): void {
    const message = encodeMessage({ event: 'job:progress', filePath, data })
    for (const { socket, subscription: subscriber } of this.subscribers()) {
      if (matchesFilter(subscriber, { jobId: data.jobId, filePath })) {
        send(socket, message)
      }
    }
  }

  /**
   * Due when a lease expires, a retry is due, or pending jobs must be checked again; while jobs
   * run, also at `nextRoundTime`.
   */
  override alarm(info?: AlarmInvocationInfo): Promise<void> {
    return this.watch(info?.scheduledTime ?? null)
  }

  /** Runs one round of the watchdog, without an alarm. The cron trigger calls it. */
  runWatchdog(): Promise<void> {
    return this.watch(null)
  }

  private async watch(dueAt: number | null): Promise<void> {
    const platform = createPlatform(this.env, this.ctx.waitUntil.bind(this.ctx))
    const next = await runRound(this.ctx.storage, dueAt, (wasUnreachable) =>
      runWatchdog(platform, this.queue, wasUnreachable),
    )
    if (next !== null) {
      const queue = await findQueue(this.db, this.queue)
      const isBusy = queue !== undefined && queue.running > 0
      const due = isBusy ? Math.min(next, nextRoundTime(queue.leaseSeconds)) : next
      await armAlarm(this.ctx.storage, due)
    }
    // Delivers events whose notification was lost.
    platform.defer(platform.hubs.deliverInHubOfAllQueues())
    await this.delivery.run()
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code)
  }

  private *subscribers(): Generator<Subscriber> {
    for (const socket of this.ctx.getWebSockets(STREAM).filter(isOpen)) {
      const { data } = subscription.safeParse(socket.deserializeAttachment())
      if (data) {
        yield { socket, subscription: data }
      }
      // Closes a stream without a valid attachment; its client reconnects. Throwing here would end
      // the delivery to all other clients.
      else {
        socket.close(1011, 'no position in the log')
      }
    }
  }
}
