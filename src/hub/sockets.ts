/** The Worker's side of a hub's sockets. */
import type { Env } from '../env.ts'
import type { Filter } from './subscription.ts'

interface Connection {
  socket: WebSocket
  headers: Headers
}

async function connect(env: Env, queue: string, path: string): Promise<Connection> {
  const response = await env.HUBS.getByName(queue).fetch(`http://hub${path}`, {
    headers: { Upgrade: 'websocket' },
  })
  const socket = response.webSocket
  if (!socket) throw new Error(`the hub of ${queue} answered ${response.status} to an upgrade`)
  return { socket, headers: response.headers }
}

/** An open event stream of a queue; its events come once the socket is accepted. */
export interface EventStream {
  socket: WebSocket
  /** The id after which it begins. */
  cursor: number
}

/** Opens the event stream of a queue, from now on or after the event `since`. */
export async function openStream(
  env: Env,
  queue: string,
  filter: Filter,
  since: number | null,
): Promise<EventStream> {
  const query = new URLSearchParams()
  if (filter.jobId !== null) query.set('jobId', filter.jobId)
  if (filter.filePath !== null) query.set('filePath', filter.filePath)
  if (since !== null) query.set('since', String(since))
  const { socket, headers } = await connect(env, queue, `/stream?${query}`)
  return { socket, cursor: Number(headers.get('X-Cursor')) }
}

/** A wait for work in any of some queues, begun before the first look so that no wake-up is missed. */
export interface WorkWait {
  /** Resolves with true when there may be work, with false after `ms`. */
  wait(ms: number): Promise<boolean>
  close(): void
}

export async function waitForWork(env: Env, queues: string[]): Promise<WorkWait> {
  const connections = await Promise.all(queues.map((queue) => connect(env, queue, '/runner')))
  const sockets = connections.map(({ socket }) => socket)
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
      for (const socket of sockets) socket.close(1000)
    },
  }
}
