/** The event stream of a system, kept as it comes, and waiting for what it will bring. */
import type { Client, ServerEvent } from '../../scripts/client.ts'

export type Events = Awaited<ReturnType<typeof follow>>

export async function follow(client: Client, lastEventId?: string) {
  const stop = new AbortController()
  const stream = await client.events(stop.signal, lastEventId)
  const seen: ServerEvent[] = []
  const waiting = new Set<() => void>()
  let ended = false
  let cause: unknown

  const reading = (async () => {
    for await (const event of stream) {
      seen.push(event)
      for (const look of waiting) {
        look()
      }
    }
  })()
    .catch((error: unknown) => (cause = error))
    .finally(() => {
      ended = true
      for (const look of waiting) {
        look()
      }
    })

  return {
    seen: seen as readonly ServerEvent[],
    of: (jobId: string) => seen.filter(({ data }) => data.jobId === jobId),
    /** The first event, past or to come, that is looked for. */
    first(wanted: (event: ServerEvent) => boolean): Promise<ServerEvent> {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = seen.find(wanted)
          if (found) {
            resolve(found)
          } else if (ended) {
            reject(new Error('The event stream ended before that event', { cause }))
          } else {
            return
          }
          waiting.delete(look)
        }
        waiting.add(look)
        look()
      })
    },
    async close(): Promise<void> {
      stop.abort()
      await reading
    },
  }
}

const ENDS = ['job:completed', 'job:error', 'job:cancelled']

/** The event with which each of these jobs ended. */
export function ends(events: Events, jobIds: string[]): Promise<ServerEvent[]> {
  return Promise.all(
    jobIds.map((jobId) =>
      events.first(({ type, data }) => data.jobId === jobId && ENDS.includes(type)),
    ),
  )
}
