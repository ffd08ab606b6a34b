/**
 * The event streams of a hub, in memory, in groups with the same filter. The work for an event that
 * is done for each subscriber is one `send`. After hibernation the subscribers are read from the
 * attachments of their sockets.
 *
 * `position` is the sequence number up to which all events were sent. It is stored once for all
 * subscribers, and not in their attachments, which are written only when a stream begins.
 */
import type { EventRow } from '../db/rows.ts'
import { type EventFilter, matchesFilter, subscription } from '../domain/subscription.ts'
import { encodeRow, joinFrames } from './frames.ts'

interface Group {
  filter: EventFilter
  /** The subscribers, and for each the event after which it receives events. */
  members: Map<WebSocket, number>
}

/** The object's state, as far as it is used here. */
export type SubscriberState = Pick<
  DurableObjectState,
  'acceptWebSocket' | 'getWebSockets' | 'storage'
>

/** Tag of the sockets. */
export const STREAM = 'stream'
const POSITION_KEY = 'position'

export function isOpen(socket: WebSocket): boolean {
  return socket.readyState === WebSocket.OPEN
}

export class Subscribers {
  private readonly state: SubscriberState
  private readonly groups = new Map<string, Group>()
  private readonly groupOf = new Map<WebSocket, Group>()
  /** Null if it is not known, because nobody needs the events after it. */
  position: number | null = null

  constructor(state: SubscriberState) {
    this.state = state
    for (const socket of state.getWebSockets(STREAM).filter(isOpen)) {
      const { data } = subscription.safeParse(socket.deserializeAttachment())
      if (data) {
        this.insert(socket, data, data.cursor)
        this.position = Math.min(this.position ?? data.cursor, data.cursor)
      }
      // Closes a stream without a valid attachment; its client reconnects. Throwing here would end
      // the delivery to all other clients.
      else {
        socket.close(1011, 'no position in the log')
      }
    }
    // A stream that began later than the stored position has a higher cursor.
    if (this.position !== null) {
      const stored = state.storage.kv.get<number>(POSITION_KEY) ?? 0
      this.position = Math.max(this.position, stored)
    }
  }

  get size(): number {
    return this.groupOf.size
  }

  /** Accepts the socket of a stream that receives the events after `cursor`. */
  accept(socket: WebSocket, filter: EventFilter, cursor: number): void {
    socket.serializeAttachment({ ...filter, cursor })
    this.state.acceptWebSocket(socket, [STREAM])
    this.insert(socket, filter, cursor)
  }

  private insert(
    socket: WebSocket,
    { jobId, filePath, pathPrefix }: EventFilter,
    cursor: number,
  ): void {
    const key = JSON.stringify([jobId, filePath, pathPrefix])
    const group = this.groups.get(key) ?? {
      filter: { jobId, filePath, pathPrefix },
      members: new Map<WebSocket, number>(),
    }
    group.members.set(socket, cursor)
    this.groups.set(key, group)
    this.groupOf.set(socket, group)
  }

  /** Forgets a socket that has closed. */
  remove(socket: WebSocket): void {
    const group = this.groupOf.get(socket)
    if (!group) {
      return
    }
    this.groupOf.delete(socket)
    group.members.delete(socket)
    if (group.members.size === 0) {
      const { jobId, filePath, pathPrefix } = group.filter
      this.groups.delete(JSON.stringify([jobId, filePath, pathPrefix]))
    }
  }

  /** Sends events, which are all events after `position` and up to `until`, oldest first. */
  deliver(rows: EventRow[], until: number): void {
    this.position = until
    if (rows.length === 0) {
      return
    }
    if (this.size > 0) {
      // Stored before the object can hibernate. The events do not wait for the disk: an object that
      // loses this write loses its sockets too, and the clients resume.
      void this.state.storage.put(POSITION_KEY, this.position, { allowUnconfirmed: true })
    }
    const frames = new Map<EventRow, Uint8Array>()
    const encode = (row: EventRow) => {
      const frame = frames.get(row) ?? encodeRow(row)
      frames.set(row, frame)
      return frame
    }
    for (const { filter, members } of this.groups.values()) {
      const matching = rows.filter((row) => matchesFilter(filter, row))
      const messages = joinFrames(matching.map(encode))
      for (const [socket, cursor] of members) {
        const isComplete = matching.length === 0 || matching[0]!.seq > cursor
        const own = isComplete
          ? messages
          : joinFrames(matching.filter(({ seq }) => seq > cursor).map(encode))
        this.send(socket, own)
      }
    }
  }

  /** Sends an event that is not in the log to the subscribers whose filter it matches. */
  sendLive(event: { jobId: string; filePath: string }, encode: () => Uint8Array): void {
    let messages: Uint8Array[] | null = null
    for (const { filter, members } of this.groups.values()) {
      if (matchesFilter(filter, event)) {
        messages ??= [encode()]
        for (const socket of members.keys()) {
          this.send(socket, messages)
        }
      }
    }
  }

  /** If the socket was closed meanwhile, the client resumes after the last event it received. */
  send(socket: WebSocket, messages: Uint8Array[]): void {
    try {
      for (const message of messages) {
        socket.send(message)
      }
    } catch {
      this.remove(socket)
      socket.close(1011, 'send failed')
    }
  }
}
