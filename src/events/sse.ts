/**
 * From a hub's socket to a client's server-sent events. The Worker holds the client, so the hub
 * can sleep; the heartbeat comes from here, so it wakes nobody. A stream brings every event or it
 * ends: one that went on while its hub is out of reach would be taken for a quiet queue.
 */
import type { SSEStreamingApi } from 'hono/streaming'
import type { StreamMessage } from '../contract/events.ts'
import { type EventStream, PING, PONG } from '../platform/hubClient.ts'

const HEARTBEAT_MS = 15_000
/** Some proxies hide that a client has left, so no stream is older; a live client resumes. */
const MAX_AGE_MS = 30 * 60_000
/** How soon a client comes back. */
const RETRY_MS = 1_000
/** A client this far behind is let go; it resumes from the log. */
const MAX_UNSENT = 10_000

/**
 * Serves one client until it leaves, the hub goes away, or the stream is too old; no longer than
 * `until` (ms since the epoch), when its leave to follow ends.
 */
export async function bridge(
  { socket, cursor }: EventStream,
  stream: SSEStreamingApi,
  until: number | null = null,
) {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  let unsent = 0
  /** Whether the hub's socket brought anything since it was last asked to. */
  let heard = true
  // Writes go one after another: an event is on its way before the next begins.
  let last = Promise.resolve()
  const write = (message: Parameters<SSEStreamingApi['writeSSE']>[0]) => {
    if (++unsent > MAX_UNSENT) {
      return end()
    }
    last = last
      .then(() => stream.writeSSE(message))
      .then(() => void unsent--)
      .catch(() => end())
  }
  // With an id from the start, a client that saw no event yet misses none when it resumes.
  write({
    event: 'connected',
    id: String(cursor),
    retry: RETRY_MS,
    data: JSON.stringify({ clientId: `client_${crypto.randomUUID().replaceAll('-', '')}` }),
  })
  socket.addEventListener('message', ({ data }) => {
    heard = true
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
    if (!heard) {
      return end()
    }
    heard = false
    socket.send(PING)
    write({ event: 'heartbeat', data: JSON.stringify({ timestamp: Date.now() }) })
  }, HEARTBEAT_MS)
  const leave = until === null ? MAX_AGE_MS : Math.max(until - Date.now(), 0)
  const age = setTimeout(end, Math.min(MAX_AGE_MS, leave))
  await ended
  clearInterval(heartbeat)
  clearTimeout(age)
  socket.close(1000)
}
