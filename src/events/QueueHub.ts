/**
 * The hub of one queue: event streams, waiting runners, and the alarm of the watchdog. One more hub
 * has the event streams that follow all queues. All state that must survive hibernation is in the
 * sockets (tags and attachments), the storage of the object and D1. The hub can therefore hibernate
 * between events while clients are connected.
 */
import { DurableObject } from 'cloudflare:workers'
import type { ProgressData } from '../contract/events.ts'
import type { Report } from '../contract/runnerProtocol.ts'
import { type Database, openDatabase } from '../db/database.ts'
import { findStreamStart } from '../db/events.ts'
import { listReadyJobs } from '../db/claimQuery.ts'
import type { Claim } from '../db/leases.ts'
import { findQueue } from '../db/queues.ts'
import type { JobRequirements } from '../domain/runnerRequirements.ts'
import { runWatchdog } from '../services/maintenance/watchdog.ts'
import { ALL_QUEUES, type HeldLease, type JobFence, type JobProgress } from '../services/ports.ts'
import { nextRoundTime } from '../services/maintenance/watchdogInterval.ts'
import { findTrace } from '../contract/traceContext.ts'
import { describeError, logError, logInfo } from '../log.ts'
import { createPlatform } from '../platform/platform.ts'
import { PING, PONG, type StreamOptions } from '../platform/hubClient.ts'
import { explainMissing } from '../services/queues/eventFilter.ts'
import { toPercent } from '../services/serializers.ts'
import { EventDelivery } from './EventDelivery.ts'
import { encodeFrame } from './frames.ts'
import { HeldLeases } from './HeldLeases.ts'
import { isOpen, STREAM, Subscribers } from './Subscribers.ts'
import { wakeWaitingRunners } from './waitingRunners.ts'
import { WebhookWaker } from './WebhookWaker.ts'
import { armAlarm, endExpiredLeases, runRound } from './watchdogAlarm.ts'

/** Tag of the sockets of waiting runners. */
const RUNNER = 'runner'

/** A client that has missed more events lists the jobs again instead (event `resync`). */
export const MAX_REPLAYED_EVENTS = 10_000

export class QueueHub extends DurableObject<Env> {
  private readonly db: Database = openDatabase(this.env.DB)
  private readonly leases = new HeldLeases()
  private readonly webhooks = new WebhookWaker(this.ctx.storage, this.env.WEBHOOKS)
  private streams: { subscribers: Subscribers; delivery: EventDelivery } | null = null
  private hubOfAllQueues: ReturnType<Env['HUBS']['getByName']> | null = null

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  /** The object is named after its queue. */
  private get queue(): string {
    return this.ctx.id.name!
  }

  /** Null in the hub of all queues. */
  private get onlyQueue(): string | null {
    return this.queue === ALL_QUEUES ? null : this.queue
  }

  /** Reads the subscribers when they are first needed, because there can be many. */
  private openStreams() {
    if (this.streams === null) {
      const subscribers = new Subscribers(this.ctx)
      const delivery = new EventDelivery(this.db, this.onlyQueue, subscribers)
      this.streams = { subscribers, delivery }
    }
    return this.streams
  }

  /** Upgrades to a WebSocket: `/runner` for a waiting runner, `/stream` for an event stream. */
  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    return pathname === '/runner'
      ? this.acceptRunner(searchParams)
      : this.acceptSubscriber(JSON.parse(searchParams.get('options')!) as StreamOptions)
  }

  /** The socket receives one message when there may be work for a runner with `capabilities`. */
  private acceptRunner(query: URLSearchParams): Response {
    const { 0: client, 1: server } = new WebSocketPair()
    server.serializeAttachment(JSON.parse(query.get('capabilities') ?? '{}'))
    this.ctx.acceptWebSocket(server, [RUNNER])
    return new Response(null, { status: 101, webSocket: client })
  }

  /**
   * The socket receives every event after the newest one of the log, filtered. See `EventStream`
   * for the response headers. The response is 404 with an error result if the queue or the job of
   * the request does not exist.
   */
  private async acceptSubscriber({ filter, since, job }: StreamOptions): Promise<Response> {
    const target = { queue: this.onlyQueue, job, since }
    const { 0: client, 1: server } = new WebSocketPair()
    let response = new Response(null, { status: 500 })
    await this.openStreams().delivery.join(
      filter,
      () => findStreamStart(this.db, target, MAX_REPLAYED_EVENTS),
      (start) => {
        const missing = explainMissing(target, start)
        if (missing) {
          response = Response.json(missing, { status: 404 })
          return null
        }
        const { oldest, newest, isFarBehind } = start
        const from = since ?? newest
        // Events after `from` may have been deleted, or the log has not reached that id.
        const isLost = from > newest || from < oldest - 1 || isFarBehind
        response = new Response(null, {
          status: 101,
          webSocket: client,
          headers: {
            'X-Cursor': String(isLost ? newest : from),
            'X-Live-After': String(newest),
            ...(isLost && { 'X-Resync': 'true' }),
          },
        })
        return server
      },
    )
    return response
  }

  /** See `Hubs.notify`. */
  async notify(deadline: number | null, ended: JobFence[] = []): Promise<void> {
    this.leases.end(ended, Date.now())
    if (deadline !== null) {
      await armAlarm(this.ctx.storage, deadline)
    }
    this.wakeWebhooks()
    await this.openStreams().delivery.run()
  }

  /** See `Hubs.countStreams`. */
  countStreams(): number {
    return this.ctx.getWebSockets(STREAM).filter(isOpen).length
  }

  /** See `Hubs.useWebhooks`. */
  useWebhooks(): void {
    this.webhooks.use()
    this.wakeWebhooks()
  }

  /** All notifications reach the hub of all queues, so it alone wakes the dispatcher of webhooks. */
  private wakeWebhooks(): void {
    if (this.onlyQueue === null) {
      this.webhooks.wake((work) => this.ctx.waitUntil(work))
    }
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

  /** See `Hubs.offerJobs`. */
  offerJobs(jobs: JobRequirements[], count: number): number {
    const waiting = this.ctx.getWebSockets(RUNNER).filter(isOpen)
    return Math.min(wakeWaitingRunners(waiting, jobs, count).length, count)
  }

  /** See `Hubs.sendProgress`. */
  sendProgress(filePath: string, data: ProgressData): void {
    this.openStreams().subscribers.sendLive({ jobId: data.jobId, filePath }, () =>
      encodeFrame({ event: 'job:progress', data: JSON.stringify(data) }),
    )
    if (this.queue !== ALL_QUEUES) {
      this.ctx.waitUntil(this.forwardProgress(filePath, data))
    }
  }

  /** Sends progress on to the hub of all queues. */
  private async forwardProgress(filePath: string, data: ProgressData): Promise<void> {
    // One stub delivers its calls in order, so that progress does not decrease there either.
    const hub = (this.hubOfAllQueues ??= this.env.HUBS.getByName(ALL_QUEUES))
    try {
      await hub.sendProgress(filePath, data)
    } catch (error) {
      // The next progress follows within a second. A stub does not work again after an error.
      this.hubOfAllQueues = null
      logError('hub_unreachable', { queue: ALL_QUEUES, error: describeError(error) })
    }
  }

  /** See `Hubs.report`. */
  report(claim: Claim, report: Omit<Report, 'fence'>): number | null {
    const lease = this.leases.extend(claim, report, Date.now())
    if (lease === null) {
      return null
    }
    this.sendProgressOf(lease)
    return lease.expiresAt
  }

  /** See `Hubs.holdLease`. */
  holdLease(lease: HeldLease): void {
    const isNew = !this.leases.isHeld(lease)
    const held = this.leases.hold(lease, Date.now())
    if (held !== null) {
      if (isNew) {
        const { jobId, fence, chunk } = lease
        logInfo('lease_held', { jobId, fence, ...findTrace(chunk?.jobId ?? jobId) })
      }
      this.sendProgressOf(held)
    }
  }

  private sendProgressOf(lease: HeldLease): void {
    const described = this.leases.describeJob(lease)
    if (described === null) {
      return
    }
    const { jobId, progress, stage, etaSeconds, fps, speed, chunks } = described
    this.sendProgress(lease.filePath, {
      jobId,
      progress: toPercent(progress),
      stage: stage!,
      etaSeconds,
      fps,
      speed,
      ...(chunks && { chunks }),
    })
  }

  /** See `Hubs.readProgress`. */
  readProgress(jobIds: string[]): JobProgress[] {
    return this.leases.readProgress(jobIds)
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
    const next = await runRound(this.ctx.storage, dueAt, async (wasUnreachable) => {
      const nextExpiry = await endExpiredLeases(this.db, this.queue, this.leases, wasUnreachable)
      const due = await runWatchdog(platform, this.queue, wasUnreachable)
      return due === null || nextExpiry === null ? due : Math.min(due, nextExpiry)
    })
    if (next !== null) {
      const queue = await findQueue(this.db, this.queue)
      const isBusy = queue !== undefined && queue.running > 0
      const due = isBusy ? Math.min(next, nextRoundTime(queue.leaseSeconds)) : next
      await armAlarm(this.ctx.storage, due)
    }
    // Delivers events whose notification was lost.
    platform.defer(platform.hubs.deliverInHubOfAllQueues())
    await this.openStreams().delivery.run()
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code)
    this.streams?.delivery.leave(socket)
  }

  override webSocketError(socket: WebSocket): void {
    this.streams?.delivery.leave(socket)
  }
}
