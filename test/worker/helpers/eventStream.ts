/**
 * A client of the event stream, which keeps all messages and can wait for a specific one, and
 * direct access to the hubs and the event log.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { expect } from 'vitest'
import { API_KEY, visit } from './requests.ts'

export interface Message {
  event: string
  id: number | null
  data: Record<string, unknown>
}
export type Client = ReturnType<typeof readEvents>

const DEADLINE_MS = 8_000

/** Opens a stream with the root key, or the key in `headers` (`Authorization: ''` for none). */
export async function follow(query = '', headers: Record<string, string> = {}) {
  const response = await visit(`/queue/events${query}`, { headers: { ...API_KEY, ...headers } })
  expect(response.status).toBe(200)
  return readEvents(response)
}

/** Reads the stream of a response. */
export function readEvents(response: Response) {
  const reader = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader()
  const seen: Message[] = []
  const waiting = new Set<() => void>()
  let ended = false

  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) {
        break
      }
      const { event, id, data } = value
      seen.push({
        event: event!,
        id: id === undefined ? null : Number(id),
        data: JSON.parse(data) as Message['data'],
      })
      for (const check of waiting) {
        check()
      }
    }
  })()
    .catch(() => undefined)
    .finally(() => (ended = true))

  return {
    headers: response.headers,
    seen,
    /** The received events that are stored in the log: those of jobs, except progress. */
    durable: () => seen.filter(({ event }) => /^job:(?!progress)/.test(event)),
    ids: () => seen.flatMap(({ event, id }) => (event === 'connected' || id === null ? [] : [id])),
    get ended() {
      return ended
    },
    /**
     * Resolves with the first message for which `wanted` is true, among past and future ones.
     * Rejects after DEADLINE_MS.
     */
    first(wanted: (message: Message) => boolean): Promise<Message> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(check)
          const events = seen.map(({ event, id }) => `${event} ${id}`).slice(-50)
          reject(
            new Error(`no such message in ${DEADLINE_MS} ms; the last ones: ${events.join(', ')}`),
          )
        }, DEADLINE_MS)
        const check = () => {
          const found = seen.find(wanted)
          if (!found) {
            return
          }
          clearTimeout(timer)
          waiting.delete(check)
          resolve(found)
        }
        waiting.add(check)
        check()
      })
    },
    async close() {
      await reader.cancel()
      await reading
    },
  }
}

/** Opens event streams, and closes all of them when `closeAll` is called. */
export function trackClients() {
  const clients: Client[] = []
  const open = async (query = '', headers: Record<string, string> = {}) => {
    const client = await follow(query, headers)
    clients.push(client)
    return client
  }
  /** Opens a stream, and waits until it is connected. */
  const watch = async (query = '', headers: Record<string, string> = {}) => {
    const client = await open(query, headers)
    await client.first(({ event }) => event === 'connected')
    return client
  }
  const closeAll = async () => {
    for (const client of clients.splice(0)) {
      await client.close()
    }
  }
  return { open, watch, closeAll }
}

/** Adds the default queue to the query of a stream, unless it names a queue. */
export function inDefaultQueue(query = ''): string {
  return query.includes('queue=') ? query : query.replace(/^\??/, '?queue=default&')
}

/** Returns a condition for `first`: the message is the event `event` of the job. */
export function isEvent(jobId: string, event: string) {
  return (message: Message): boolean => message.event === event && message.data['jobId'] === jobId
}

export function hub(queue = 'default') {
  return env.HUBS.getByName(queue)
}

export function socketCount(queue = 'default') {
  return runInDurableObject(hub(queue), (_instance, state) => state.getWebSockets().length)
}

/** Returns the ids of the stored events of a queue after `seq`. */
export async function logIds(seq: number, queue = 'default'): Promise<number[]> {
  const { results } = await env.DB.prepare(
    'SELECT seq FROM events WHERE queue = ? AND seq > ? ORDER BY seq',
  )
    .bind(queue, seq)
    .all<{ seq: number }>()
  return results.map((row) => row.seq)
}

/** Inserts `count` events of a queue in one statement, in the form that the triggers write. */
export function writeEvents(count: number, queue = 'default') {
  return env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO events (queue, job_id, file_path, type, stored_data, created_at)
     SELECT ?, 'job_' || i, 'filler.mp4', 'job:created',
       json_object('jobId', 'job_' || i, 'filePath', 'filler.mp4', 'status', 'pending', 'priority', 2),
       1 FROM n`,
  )
    .bind(count, queue)
    .run()
}
