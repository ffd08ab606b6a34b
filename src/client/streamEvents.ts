/** Events of queues as an async iterator that connects again by itself and misses none. */
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { type Http, writeQuery } from './http.ts'
import { ReelqueueError } from './ReelqueueError.ts'
import { backoffMs, sleep } from './sleep.ts'
import type { Query, QueueEvent } from './types.ts'

/** The time of three heartbeats. A stream without a message for this long is broken. */
const SILENCE_MS = 45_000
const DEFAULT_RETRY_MS = 1_000

export interface EventOptions extends Pick<
  Query<'/queue/events'>,
  'queue' | 'jobId' | 'filePath' | 'token'
> {
  /** Id of the last event that was received. The stream begins with the next one. */
  lastEventId?: string | undefined
  signal?: AbortSignal | undefined
}

/**
 * Yields the events until the caller stops.
 *
 * @throws ReelqueueError if the service rejects the request for good; the reason of the signal if
 *   it aborts
 */
export async function* streamEvents(
  { send }: Http,
  { lastEventId, signal, ...filter }: EventOptions = {},
): AsyncGenerator<QueueEvent, never> {
  let lastId = lastEventId
  let retryMs = DEFAULT_RETRY_MS
  let failures = 0
  for (;;) {
    const connection = new AbortController()
    const signals = signal ? [signal, connection.signal] : [connection.signal]
    try {
      const response = await send('GET', `/queue/events${writeQuery(filter)}`, {
        headers: {
          Accept: 'text/event-stream',
          ...(lastId !== undefined && { 'Last-Event-ID': lastId }),
        },
        signal: AbortSignal.any(signals),
      })
      for await (const message of readMessages(response, connection, (ms) => (retryMs = ms))) {
        lastId = message.id ?? lastId
        const event = toEvent(message)
        if (event.event === 'heartbeat') {
          continue
        }
        failures = event.event === 'unavailable' ? failures : 0
        yield event
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!isTemporary(error)) {
        throw error
      }
    } finally {
      connection.abort()
    }
    failures += 1
    await sleep(Math.max(retryMs, failures === 1 ? 0 : backoffMs(failures)), signal)
  }
}

/** Errors of a connection that breaks while it is read are those of the runtime. */
function isTemporary(error: unknown): boolean {
  return error instanceof ReelqueueError ? error.isTemporary : true
}

function toEvent({ event, id, data }: EventSourceMessage) {
  const parsed: unknown = JSON.parse(data)
  return { event, ...(id !== undefined && { id }), data: parsed } as
    QueueEvent | { event: 'heartbeat' }
}

async function* readMessages(
  response: Response,
  connection: AbortController,
  onRetry: (milliseconds: number) => void,
): AsyncGenerator<EventSourceMessage> {
  if (!response.body) {
    throw new ReelqueueError({
      status: response.status,
      code: 'streams_unsupported',
      message: 'This fetch does not stream responses. Pass one that does, such as that of Expo.',
    })
  }
  const messages: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => messages.push(message), onRetry })
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  for (;;) {
    const silence = setTimeout(() => connection.abort(new Error('silent')), SILENCE_MS)
    const { done, value } = await reader.read().finally(() => clearTimeout(silence))
    if (done) {
      return
    }
    parser.feed(decoder.decode(value, { stream: true }))
    yield* messages.splice(0)
  }
}
