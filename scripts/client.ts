/** A small client of the HTTP API for the demo and the system tests. */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { Job } from '../src/contract/job.ts'

/** The time of three heartbeats. A stream without a message for this long is broken. */
const SILENCE_MS = 45_000

export type ServerEvent = Readonly<{
  type: string
  /** The id of the event; undefined if it has none, as progress and heartbeats. */
  id: string | undefined
  data: Record<string, unknown>
  receivedAt: number
}>

export class ApiError extends Error {
  readonly status: number
  readonly code: string | undefined
  constructor(status: number, code: string | undefined, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export type Client = ReturnType<typeof createClient>

export function createClient({ url, apiKey }: { url: string; apiKey: string }) {
  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('Authorization', `Bearer ${apiKey}`)
    const response = await fetch(`${url}${path}`, { ...init, headers })
    if (response.ok) {
      return response
    }
    const text = await response.text()
    throw new ApiError(response.status, ...readError(text, response))
  }

  return {
    request,
    put: (path: string, body: Uint8Array<ArrayBuffer> | string) =>
      request(`/files/${path}`, { method: 'PUT', body }),
    /** @param limits further fields of the request, such as `chunkSeconds` */
    async createJobs(
      filePath: string,
      transformations: string[],
      limits: Record<string, number> = {},
    ): Promise<Job[]> {
      const response = await request('/queue/jobs', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ filePath, transformations, ...limits }),
      })
      return ((await response.json()) as { jobs: Job[] }).jobs
    },
    async job(id: string): Promise<Job> {
      return (await request(`/queue/jobs/${id}`)).json() as Promise<Job>
    },
    /**
     * Resolves when the event stream is open. The stream ends when `signal` aborts, and throws when
     * no message arrives for SILENCE_MS.
     */
    async events(signal: AbortSignal, lastEventId?: string): Promise<AsyncIterable<ServerEvent>> {
      const silence = new AbortController()
      const response = await request('/queue/events', {
        signal: AbortSignal.any([signal, silence.signal]),
        ...(lastEventId === undefined ? {} : { headers: { 'Last-Event-ID': lastEventId } }),
      })
      return readEvents(response.body!, signal, silence)
    },
  }
}

/** Returns the code and the message of an error response. */
function readError(text: string, { status, statusText }: Response): [string | undefined, string] {
  try {
    const { code, message } = JSON.parse(text) as { code?: string; message?: string }
    if (message) {
      return [code, `${message} (${status})`]
    }
  } catch {
    // The response is not JSON, so it is not from the API. Its text is used below.
  }
  return [undefined, `${status} ${statusText}: ${text.slice(0, 200)}`]
}

async function* readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
  silence: AbortController,
): AsyncGenerator<ServerEvent> {
  const timer = setTimeout(() => {
    silence.abort(new Error(`The event stream was silent for ${SILENCE_MS / 1000} s`))
  }, SILENCE_MS)
  const messages = body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
  try {
    for await (const { event = 'message', id, data } of messages) {
      timer.refresh()
      const parsed = JSON.parse(data) as Record<string, unknown>
      yield { type: event, id, data: parsed, receivedAt: performance.now() }
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error
    }
  } finally {
    clearTimeout(timer)
  }
}
