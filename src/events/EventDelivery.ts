/**
 * Reads the event log for the subscribers of a hub, and adds new subscribers. All subscribers of a
 * hub are at the same position of the log. The Worker reads the events that a client missed before it
 * connected (see replay.ts), so that a client that is far behind delays no other.
 */
import type { Database } from '../db/database.ts'
import { listEvents } from '../db/events.ts'
import type { EventRow } from '../db/rows.ts'
import { type EventFilter, matchesFilter } from '../domain/subscription.ts'
import { encodeRow, joinFrames } from './frames.ts'
import type { Subscribers } from './Subscribers.ts'

const MAX_EVENTS_PER_READ = 500

export class EventDelivery {
  private delivery: Promise<void> | null = null
  private isDeliveryRequested = false
  /** The events that were delivered since each of the joins in progress began. */
  private readonly joins = new Set<EventRow[]>()
  /** The join that finds out the position. */
  private firstJoin: Promise<void> | null = null

  private readonly db: Database
  private readonly queue: string | null
  private readonly subscribers: Subscribers

  /** @param queue null for all queues */
  constructor(db: Database, queue: string | null, subscribers: Subscribers) {
    this.db = db
    this.queue = queue
    this.subscribers = subscribers
  }

  /**
   * Sends the events of the log after the position. One delivery runs at a time; a call during a
   * delivery makes it read the log again.
   */
  async run(): Promise<void> {
    this.isDeliveryRequested = true
    // A loop, because a delivery can be requested after the last read of the running delivery.
    while (this.isDeliveryRequested && this.subscribers.position !== null) {
      await (this.delivery ??= this.deliverAll().finally(() => (this.delivery = null)))
    }
  }

  private async deliverAll(): Promise<void> {
    while (this.isDeliveryRequested) {
      this.isDeliveryRequested = false
      while (await this.deliverNext()) {
        // More events follow.
      }
    }
  }

  /** Sends the events of one read. Returns true if there may be more. */
  private async deliverNext(): Promise<boolean> {
    const { position } = this.subscribers
    if (position === null) {
      return false
    }
    // The events of all queues, so that the position also passes those of other queues: no index has
    // the events of one queue.
    const read = await listEvents(this.db, null, position, MAX_EVENTS_PER_READ)
    const last = read.at(-1)
    // Null if all subscribers have left during the read.
    if (last !== undefined && this.subscribers.position !== null) {
      const rows = this.queue === null ? read : read.filter(({ queue }) => queue === this.queue)
      for (const delivered of this.joins) {
        delivered.push(...rows)
      }
      this.subscribers.deliver(rows, last.seq)
    }
    return read.length === MAX_EVENTS_PER_READ
  }

  /**
   * Adds a subscriber. It misses no event that is written after `readStart` has read the log, and
   * receives none that was written before.
   *
   * @param readStart reads the newest sequence number of the log
   * @param connect returns the socket of the subscriber; null if the stream must not begin
   */
  async join<Start extends { newest: number }>(
    filter: EventFilter,
    readStart: () => Promise<Start>,
    connect: (start: Start) => WebSocket | null,
  ): Promise<void> {
    // If the position is not known, the first join finds it out, and other joins wait for that.
    while (this.subscribers.position === null && this.firstJoin) {
      await this.firstJoin
    }
    if (this.subscribers.position !== null) {
      return this.joinNow(filter, readStart, connect)
    }
    this.isDeliveryRequested = false
    const joining = this.joinNow(filter, readStart, connect)
    this.firstJoin = joining.catch(() => undefined).finally(() => (this.firstJoin = null))
    await joining
    // Events were written during the join, and were not read because the position was not known.
    if (this.isDeliveryRequested) {
      await this.run()
    }
  }

  private async joinNow<Start extends { newest: number }>(
    filter: EventFilter,
    readStart: () => Promise<Start>,
    connect: (start: Start) => WebSocket | null,
  ): Promise<void> {
    const delivered: EventRow[] = []
    this.joins.add(delivered)
    try {
      const start = await readStart()
      const position = (this.subscribers.position ??= start.newest)
      const socket = connect(start)
      if (socket) {
        this.subscribers.accept(socket, filter, Math.max(start.newest, position))
        const missed = delivered.filter(
          (row) => row.seq > start.newest && matchesFilter(filter, row),
        )
        this.subscribers.send(socket, joinFrames(missed.map(encodeRow)))
      }
    } finally {
      this.joins.delete(delivered)
      this.forgetUnused()
    }
  }

  /** Forgets a subscriber whose socket has closed. */
  leave(socket: WebSocket): void {
    this.subscribers.remove(socket)
    this.forgetUnused()
  }

  /** Without subscribers, events are not read, and the position is not kept up to date. */
  private forgetUnused(): void {
    if (this.joins.size === 0 && this.subscribers.size === 0) {
      this.subscribers.position = null
    }
  }
}
