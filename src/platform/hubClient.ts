/** Calls to the queue hubs: the only place that addresses them. */
import type { Hubs, WorkWait } from '../services/ports.ts'
import type { EventFilter } from '../domain/subscription.ts'

/**
 * Sent over an event socket, and answered by the runtime without waking the hub. A socket that brings no
 * pong is dead, whatever its state says.
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
  /** The id of the event after which the stream begins; null: from now on. */
  since: number | null
  /** The API key that the stream counts for, and how many streams it may have open. */
  counted: { keyId: string; max: number } | null
}

export interface HubClient extends Hubs {
  /** Runs one round of the queue's watchdog now. */
  runWatchdog(queue: string): Promise<void>
  /** Opens an event stream of a queue; null when its API key has as many open as it may. */
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

function buildQuery({ filter, since, counted }: StreamOptions): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filter)) {
    if (value !== null) {
      query.set(name, value)
    }
  }
  if (since !== null) {
    query.set('since', String(since))
  }
  if (counted !== null) {
    query.set('key', counted.keyId)
    query.set('max', String(counted.max))
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
      // A hub that restarts (a deploy) may lose wake-ups: claim again.
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
