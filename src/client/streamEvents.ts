/** Events of queues as an async iterator that connects again by itself and misses none. */
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { type Http, writeQuery } from './http.ts'
import { onOnline } from './network.ts'
import { ReelqueueError } from './ReelqueueError.ts'
import { linkController, throwIfAborted } from './signals.ts'
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
  /** Called when a connection has ended or failed, before the next one. */
  onDisconnect?: (() => void) | undefined
}

/**
 * Yields the events until the caller stops.
 *
 * @throws ReelqueueError if the service rejects the request for good; the reason of the signal if
 *   it aborts
 */
export async function* streamEvents(
  http: Http,
  { lastEventId, signal, onDisconnect, ...filter }: EventOptions = {},
): AsyncGenerator<QueueEvent, never> {
  let lastId = lastEventId
  let retryMs = DEFAULT_RETRY_MS
  let failures = 0
  for (;;) {
    const { controller: connection, release } = linkController(signal)
    // A connection from before can be dead without a sign.
    const stopListening = onOnline(() => connection.abort())
    try {
      const response = await withinSilence(connection, () =>
        openStream(http, filter, lastId, connection.signal),
      )
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
      throwIfAborted(signal)
      if (!isTemporary(error)) {
        throw error
      }
    } finally {
      stopListening()
      release()
      connection.abort()
    }
    failures += 1
    onDisconnect?.()
    await sleep(Math.max(retryMs, failures === 1 ? 0 : backoffMs(failures)), signal)
  }
}

function openStream(
  { send, canStream }: Http,
  filter: Query<'/queue/events'>,
  lastId: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  if (!canStream) {
    throw streamsUnsupported()
  }
  return send('GET', `/queue/events${writeQuery(filter)}`, {
    headers: {
      Accept: 'text/event-stream',
      ...(lastId !== undefined && { 'Last-Event-ID': lastId }),
    },
    signal,
  })
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
    throw streamsUnsupported()
  }
  const messages: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => messages.push(message), onRetry })
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await withinSilence(connection, () => reader.read())
    if (done) {
      return
    }
    parser.feed(decoder.decode(value, { stream: true }))
    yield* messages.splice(0)
  }
}

/** Aborts the connection if the operation takes too long. */
async function withinSilence<Result>(
  connection: AbortController,
  operation: () => Promise<Result>,
): Promise<Result> {
  const silence = setTimeout(() => connection.abort(new Error('silent')), SILENCE_MS)
  try {
    return await operation()
  } finally {
    clearTimeout(silence)
  }
}

function streamsUnsupported(): ReelqueueError {
  return new ReelqueueError({
    status: 0,
    code: 'streams_unsupported',
    message: 'This fetch does not stream responses. Pass one that does, such as that of Expo.',
  })
}
