/** The Worker's side of a hub's sockets. */
import type { Env } from '../env.ts'
import type { Filter } from './subscription.ts'

/**
 * What a stream's socket is asked, and what the runtime answers for the hub without waking it. A
 * socket that brings no answer is dead, whatever its state says.
 */
export const PING = 'ping'
export const PONG = 'pong'

function connect(env: Env, queue: string, path: string): Promise<Response> {
  return env.HUBS.getByName(queue).fetch(`http://hub${path}`, { headers: { Upgrade: 'websocket' } })
}

function socketOf(response: Response): WebSocket {
  const { webSocket, status } = response
  if (!webSocket) {
    throw new Error(`the hub answered ${status} to an upgrade`)
  }
  return webSocket
}

/** An open event stream of a queue; its events come once the socket is accepted. */
export interface EventStream {
  socket: WebSocket
  /** The id after which it begins. */
  cursor: number
}

export interface StreamOptions {
  /** After which event it begins; null for from now on. */
  since: number | null
  /** The key that the stream counts for, and how many it may have. */
  counted: { keyId: string; max: number } | null
}

/** Opens an event stream of a queue; null when its key has as many as it may. */
export async function openStream(
  env: Env,
  queue: string,
  filter: Filter,
  { since, counted }: StreamOptions,
): Promise<EventStream | null> {
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
  const response = await connect(env, queue, `/stream?${query}`)
  if (response.status === 429) {
    return null
  }
  return { socket: socketOf(response), cursor: Number(response.headers.get('X-Cursor')) }
}

/** A wait for work in any of some queues, begun before the first look so that no wake-up is missed. */
export interface WorkWait {
  /** Resolves with true when there may be work, with false after `ms`. */
  wait(ms: number): Promise<boolean>
  close(): void
}

export async function waitForWork(env: Env, queues: string[]): Promise<WorkWait> {
  const answers = await Promise.all(queues.map((queue) => connect(env, queue, '/runner')))
  const sockets = answers.map(socketOf)
  const woken = new Promise<true>((resolve) => {
    for (const socket of sockets) {
      socket.addEventListener('message', () => resolve(true))
      // A hub that went away (a deploy) may take wake-ups with it: look again.
      socket.addEventListener('close', () => resolve(true))
      socket.accept()
    }
  })
  return {
    async wait(ms) {
      let timer: number | null = null
      const over = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), ms)
      })
      const result = await Promise.race([woken, over])
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
