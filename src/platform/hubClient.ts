/** Calls the queue hubs, which are Durable Objects named after their queues. */
import type { Hubs, WorkWait } from '../services/ports.ts'
import type { EventFilter } from '../domain/subscription.ts'

/**
 * Heartbeat of an event socket. The runtime responds to PING with PONG without waking the hub. A
 * socket that brings no PONG is closed, because its `readyState` can still be OPEN after the
 * connection is lost.
 */
export const PING = 'ping'
export const PONG = 'pong'

/** An open event stream of a queue. Events arrive once the socket is accepted. */
export interface EventStream {
  socket: WebSocket
  /** The id of the event after which the stream begins. */
  cursor: number
}

export interface StreamOptions {
  filter: EventFilter
  /** The id of the event after which the stream begins; null for new events only. */
  since: number | null
  /** The API key whose open streams of the queue are limited to `max`; null for no limit. */
  streamLimit: { keyId: string; max: number } | null
}

export interface HubClient extends Hubs {
  /** Runs the queue's watchdog once, now. */
  runWatchdog(queue: string): Promise<void>
  /** Opens an event stream of a queue. Returns null if `streamLimit` is reached. */
  openStream(queue: string, options: StreamOptions): Promise<EventStream | null>
}

export function createHubClient(namespace: Env['HUBS']): HubClient {
  const getHub = (queue: string) => namespace.getByName(queue)
  const connect = (queue: string, path: string): Promise<Response> =>
    getHub(queue).fetch(`http://hub${path}`, { headers: { Upgrade: 'websocket' } })
  return {
    notify: (queue, deadline) => getHub(queue).notify(deadline),
    sendProgress: (queue, filePath, progress) => getHub(queue).sendProgress(filePath, progress),
    wake: (queue, count) => getHub(queue).wake(count),
    runWatchdog: (queue) => getHub(queue).runWatchdog(),
    async openStream(queue, options) {
      const response = await connect(queue, `/stream?${buildQuery(options)}`)
      if (response.status === 429) {
        return null
      }
      return { socket: readSocket(response), cursor: Number(response.headers.get('X-Cursor')) }
    },
    async waitForWork(queues) {
      const responses = await Promise.all(queues.map((queue) => connect(queue, '/runner')))
      return createWorkWait(responses.map(readSocket))
    },
  }
}

function buildQuery({ filter, since, streamLimit }: StreamOptions): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filter)) {
    if (value !== null) {
      query.set(name, value)
    }
  }
  if (since !== null) {
    query.set('since', String(since))
  }
  if (streamLimit !== null) {
    query.set('key', streamLimit.keyId)
    query.set('max', String(streamLimit.max))
  }
  return query
}

function readSocket({ webSocket, status }: Response): WebSocket {
  if (!webSocket) {
    throw new Error(`the hub returned ${status} for a WebSocket upgrade`)
  }
  return webSocket
}

function createWorkWait(sockets: WebSocket[]): WorkWait {
  const woken = new Promise<true>((resolve) => {
    for (const socket of sockets) {
      socket.addEventListener('message', () => resolve(true))
      // The socket closes when a deploy restarts the hub. Wake-ups may be lost, so the runner
      // claims again.
      socket.addEventListener('close', () => resolve(true))
      socket.accept()
    }
  })
  return {
    async wait(ms) {
      let timer: number | null = null
      const timeout = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), ms)
      })
      const result = await Promise.race([woken, timeout])
      clearTimeout(timer)
      return result
    },
    close() {
      for (const socket of sockets) {
        socket.close(1000)
      }
    },
  }
}
