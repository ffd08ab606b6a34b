/**
 * Sends the events of a hub's WebSocket to a client as server-sent events. The Worker holds the
 * connection of the client and sends the heartbeats, so that the hub can hibernate. A stream
 * forwards every message of the hub, or it ends. It also ends when the hub stops responding, so
 * that the client reconnects.
 */
import type { SSEStreamingApi } from 'hono/streaming'
import type { StreamMessage } from '../contract/events.ts'
import { type EventStream, PING, PONG } from '../platform/hubClient.ts'

const HEARTBEAT_MS = 15_000
/**
 * Some proxies hide that a client has disconnected, so a stream has a maximum age. The age and the
 * reconnection time of the client are random. If they were fixed, all clients that a deploy
 * disconnects would reconnect at the same moment, and again after each maximum age.
 */
const AGE_MS = { min: 20 * 60_000, max: 30 * 60_000 }
const RETRY_MS = { min: 1_000, max: 5_000 }
/** A client that is further behind is disconnected. It resumes from the event log. */
const MAX_UNSENT_MESSAGES = 10_000

function chooseBetween({ min, max }: { min: number; max: number }): number {
  return Math.round(min + Math.random() * (max - min))
}

/**
 * Serves one client. Resolves when the client disconnects or falls too far behind, one of the
 * sockets closes or its other end stops responding, the stream has reached its maximum age, or its
 * access expires.
 *
 * @param expiresAt when the client's access expires (ms since the epoch); null for never
 * @param limiterSocket the socket by which the stream is counted (see `takeStream`); null if it is
 *   not counted
 */
export async function streamEvents(
  { socket, cursor }: EventStream,
  stream: SSEStreamingApi,
  expiresAt: number | null = null,
  limiterSocket: WebSocket | null = null,
): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let unsent = 0
  const sockets = limiterSocket === null ? [socket] : [socket, limiterSocket]
  /** Sockets that have brought no message since the last heartbeat. */
  const silent = new Set<WebSocket>()
  // Writes are in sequence, so that events keep their order.
  let lastWrite = Promise.resolve()
  const write = (message: Parameters<SSEStreamingApi['writeSSE']>[0]) => {
    if (++unsent > MAX_UNSENT_MESSAGES) {
      return end()
    }
    lastWrite = lastWrite
      .then(() => stream.writeSSE(message))
      .then(() => void unsent--)
      .catch(() => end())
  }
  // The first message has an id, so that a client that resumes before its first event misses none.
  write({
    event: 'connected',
    id: String(cursor),
    retry: chooseBetween(RETRY_MS),
    data: JSON.stringify({ clientId: `client_${crypto.randomUUID().replaceAll('-', '')}` }),
  })
  socket.addEventListener('message', ({ data }) => {
    if (data === PONG) {
      return
    }
    const message = JSON.parse(data as string) as StreamMessage
    write({
      event: message.event,
      data: JSON.stringify(message.data),
      ...('id' in message && { id: String(message.id) }),
    })
  })
  stream.onAbort(end)
  for (const one of sockets) {
    one.addEventListener('message', () => silent.delete(one))
    one.addEventListener('close', () => end())
    one.addEventListener('error', () => end())
    one.accept()
  }
  const heartbeat = setInterval(() => {
    if (silent.size > 0) {
      return end()
    }
    for (const one of sockets) {
      silent.add(one)
      one.send(PING)
    }
    write({ event: 'heartbeat', data: JSON.stringify({ timestamp: Date.now() }) })
  }, HEARTBEAT_MS)
  const remainingMs = expiresAt === null ? Infinity : Math.max(expiresAt - Date.now(), 0)
  const age = setTimeout(end, Math.min(chooseBetween(AGE_MS), remainingMs))
  await ended
  clearInterval(heartbeat)
  clearTimeout(age)
  for (const one of sockets) {
    one.close(1000)
  }
}
