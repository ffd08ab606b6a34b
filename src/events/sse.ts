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
/** Some proxies hide that a client has disconnected, so a stream has a maximum age. */
const MAX_AGE_MS = 30 * 60_000
/** Reconnection time of the client. */
const RETRY_MS = 1_000
/** A client that is further behind is disconnected. It resumes from the event log. */
const MAX_UNSENT_MESSAGES = 10_000

/**
 * Serves one client. Resolves when the client disconnects or falls too far behind, the hub closes
 * the socket or stops responding, the stream has reached its maximum age, or its access expires.
 *
 * @param expiresAt when the client's access expires (ms since the epoch); null for never
 */
export async function streamEvents(
  { socket, cursor }: EventStream,
  stream: SSEStreamingApi,
  expiresAt: number | null = null,
): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let unsent = 0
  /** The hub's socket has brought a message since the last heartbeat. */
  let isHubAlive = true
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
    retry: RETRY_MS,
    data: JSON.stringify({ clientId: `client_${crypto.randomUUID().replaceAll('-', '')}` }),
  })
  socket.addEventListener('message', ({ data }) => {
    isHubAlive = true
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
  socket.addEventListener('close', () => end())
  socket.addEventListener('error', () => end())
  stream.onAbort(end)
  socket.accept()
  const heartbeat = setInterval(() => {
    if (!isHubAlive) {
      return end()
    }
    isHubAlive = false
    socket.send(PING)
    write({ event: 'heartbeat', data: JSON.stringify({ timestamp: Date.now() }) })
  }, HEARTBEAT_MS)
  const remainingMs = expiresAt === null ? MAX_AGE_MS : Math.max(expiresAt - Date.now(), 0)
  const age = setTimeout(end, Math.min(MAX_AGE_MS, remainingMs))
  await ended
  clearInterval(heartbeat)
  clearTimeout(age)
  socket.close(1000)
}
