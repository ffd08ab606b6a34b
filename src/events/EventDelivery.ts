/**
 * Sends the events of the log to the subscribers of a hub. One loop sends the newest events to the
 * subscribers that have all events before them. Subscribers that are further behind are served by a
 * second loop, the replay, so that they do not delay the others.
 */
import type { DurableEventData, StreamMessage } from '../contract/events.ts'
import type { Database } from '../db/database.ts'
import { listEvents, listNewestEvents } from '../db/events.ts'
import type { EventRow } from '../db/rows.ts'
import { encodeMessage, matchesFilter, type Subscription } from '../domain/subscription.ts'
import { describeError, logError } from '../log.ts'

export interface Subscriber {
  socket: WebSocket
  subscription: Subscription
}

const MAX_EVENTS_PER_READ = 500

/**
 * Both loops send a subscriber only events that directly follow its cursor, and move the cursor
 * without an `await` in between. So each event is sent once and in order, whichever loop sends it.
 */
export class EventDelivery {
  private delivery: Promise<void> | null = null
  private isDeliveryRequested = false
  private replay: Promise<void> | null = null
  /** Subscribers with a lower cursor are behind. */
  private replayUntil = 0
  /** The cursor that was served last by the replay. */
  private lastReplayed = 0

  private readonly db: Database
  private readonly queue: string | null
  private readonly subscribers: () => Iterable<Subscriber>

  /**
   * @param queue null for all queues
   * @param subscribers returns the current subscribers, with their current cursors
   */
  constructor(db: Database, queue: string | null, subscribers: () => Iterable<Subscriber>) {
    this.db = db
    this.queue = queue
    this.subscribers = subscribers
  }

  /**
   * Sends the newest events. Resolves without waiting for subscribers that are further behind. One
   * delivery runs at a time; a call during a delivery makes it read the log again.
   */
  async run(): Promise<void> {
    this.isDeliveryRequested = true
    // A loop, because a delivery can be requested after the last read of the running delivery.
    while (this.isDeliveryRequested) {
      await (this.delivery ??= this.deliverNewest().finally(() => (this.delivery = null)))
    }
  }

  private async deliverNewest(): Promise<void> {
    while (this.isDeliveryRequested) {
      this.isDeliveryRequested = false
      const cursors = this.cursors()
      if (cursors.length === 0) {
        return
      }
      const lowest = Math.min(...cursors)
      const rows = await listNewestEvents(this.db, this.queue, lowest, MAX_EVENTS_PER_READ)
      // The read has every event after `from`. A subscriber that connected during the read with an
      // older cursor has requested another delivery.
      const from = rows.length < MAX_EVENTS_PER_READ ? lowest : rows[0]!.seq - 1
      this.deliver(rows, from)
      this.startReplay(from)
    }
  }

  private startReplay(until: number): void {
    this.replayUntil = Math.max(this.replayUntil, until)
    if (this.countBehind() > 0) {
      this.replay ??= this.replayAll().finally(() => (this.replay = null))
    }
  }

  private countBehind(): number {
    return this.cursors().filter((cursor) => cursor < this.replayUntil).length
  }

  /** If a read fails, closes the streams that are behind, so that their clients resume. */
  private async replayAll(): Promise<void> {
    try {
      for (let behind = this.countBehind(); behind > 0;) {
        await this.replayNext()
        const remaining = this.countBehind()
        // Subscribers that have just caught up may lack events that were delivered meanwhile.
        if (remaining < behind) {
          await this.run()
        }
        behind = this.countBehind()
      }
    } catch (error) {
      logError('replay_failed', { error: describeError(error) })
      for (const { socket, subscription } of this.subscribers()) {
        if (subscription.cursor < this.replayUntil) {
          socket.close(1011, 'replay failed')
        }
      }
    }
  }

  /**
   * Sends one read of events to the subscribers at one position, and to those that the read
   * reaches. The positions take turns, from the newest to the oldest.
   */
  private async replayNext(): Promise<void> {
    const behind = this.cursors().filter((cursor) => cursor < this.replayUntil)
    const older = behind.filter((cursor) => cursor < this.lastReplayed)
    const cursor = Math.max(...(older.length > 0 ? older : behind))
    this.lastReplayed = cursor
    // Read before the query: a delivery of newest events can raise `replayUntil` during it.
    const until = this.replayUntil
    const rows = await listEvents(this.db, this.queue, cursor, MAX_EVENTS_PER_READ)
    const isComplete = rows.length < MAX_EVENTS_PER_READ
    this.deliver(rows, cursor, isComplete ? until : 0)
  }

  private cursors(): number[] {
    return [...this.subscribers()].map(({ subscription }) => subscription.cursor)
  }

  /**
   * Sends `rows`, which are all events after `from` up to the last row, to the subscribers at
   * `from` or later. Moves their cursors to the last row, or to `until` if that is later.
   */
  private deliver(rows: EventRow[], from: number, until = 0): void {
    const last = Math.max(rows.at(-1)?.seq ?? 0, until)
    const messages = rows.map((row) => ({ row, text: encodeMessage(toMessage(row)) }))
    for (const { socket, subscription } of this.subscribers()) {
      if (subscription.cursor < from || subscription.cursor >= last) {
        continue
      }
      for (const { row, text } of messages) {
        if (row.seq > subscription.cursor && matchesFilter(subscription, row)) {
          send(socket, text)
        }
      }
      socket.serializeAttachment({ ...subscription, cursor: last } satisfies Subscription)
    }
  }
}

function toMessage(row: EventRow): StreamMessage {
  return {
    event: row.type,
    id: row.seq,
    data: JSON.parse(row.data) as DurableEventData,
  }
}

/** If the socket was closed meanwhile, the client resumes after the last event that it received. */
export function send(socket: WebSocket, message: string): void {
  try {
    socket.send(message)
  } catch {
    socket.close(1011, 'send failed')
  }
}
