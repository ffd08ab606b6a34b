/** Sends requests to the service. */
import { ReelqueueError, readError } from './ReelqueueError.ts'
import { sendWithProgress } from './sendWithProgress.ts'
import type { Body, Method, MethodOf, Operation, Parameters, Path, Success } from './types.ts'

export interface ClientOptions {
  /** Address of the service. Default: the origin of the page. */
  url?: string
  /** Without a key, requests are those of a visitor, or of the session cookie. */
  apiKey?: string
  /** Default: the global `fetch`. */
  fetch?: typeof fetch
  /** `same-origin` sends the session cookie of the dashboard. */
  credentials?: RequestCredentials
}

export interface SendOptions {
  body?: BodyInit
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
  /** Called with the number of bytes of the body that were sent. */
  onProgress?: ((sentBytes: number) => void) | undefined
}

type RequestOptions<Op> = {
  query?: Parameters<Op, 'query'> | undefined
  body?: Body<Op> | undefined
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
} & ([Parameters<Op, 'path'>] extends [never] ? { path?: never } : { path: Parameters<Op, 'path'> })

export type Http = ReturnType<typeof createHttp>

export function createHttp({ url = '', apiKey, fetch: customFetch, credentials }: ClientOptions) {
  const base = url.replace(/\/+$/, '')

  function headersFor(headers: Record<string, string>): Record<string, string> {
    return { ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }), ...headers }
  }

  /**
   * Sends a request.
   *
   * @throws ReelqueueError unless the response is successful; the reason of the signal if it aborts
   */
  async function send(method: string, path: string, options: SendOptions = {}): Promise<Response> {
    const { body, headers = {}, signal, onProgress } = options
    const init: RequestInit = {
      method,
      headers: headersFor(headers),
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      // workerd rejects the field, even if it is undefined.
      ...(credentials && { credentials }),
    }
    let response: Response
    try {
      const canTellProgress = onProgress && !customFetch && typeof XMLHttpRequest !== 'undefined'
      response = canTellProgress
        ? await sendWithProgress(`${base}${path}`, init, onProgress)
        : await (customFetch ?? fetch)(`${base}${path}`, init)
    } catch (cause) {
      signal?.throwIfAborted()
      const reason = cause instanceof Error ? cause.message : String(cause)
      const message = `${method} ${base}${path} did not reach the service: ${reason}`
      throw new ReelqueueError({ status: 0, code: 'network_error', message, cause })
    }
    if (!response.ok) {
      throw await readError(response)
    }
    return response
  }

  /**
   * Sends a request of the OpenAPI document, with its types.
   *
   * @example await request('get', '/queue/jobs/{jobId}', { path: { jobId } })
   */
  async function request<P extends Path, M extends MethodOf<P>>(
    method: M,
    path: P,
    ...[options]: Parameters<Operation<P, M>, 'path'> extends never
      ? [RequestOptions<Operation<P, M>>?]
      : [RequestOptions<Operation<P, M>>]
  ): Promise<Success<Operation<P, M>>> {
    const { path: values, query, body, headers = {}, signal } = options ?? {}
    const response = await send(
      (method satisfies Method).toUpperCase(),
      `${fillPath(path, values)}${writeQuery(query)}`,
      {
        signal,
        headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
    )
    return (await response.json()) as Success<Operation<P, M>>
  }

  return { base, send, request }
}

/** Percent-encodes a path, except its slashes and the separators of transformations. */
export function encodePath(path: string): string {
  return encodeURIComponent(path).replaceAll(/%(2F|2C|3A|2B)/g, decodeURIComponent)
}

function fillPath(path: string, values: Record<string, unknown> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodePath(String(values[name])))
}

export function writeQuery(query: object = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  return set.length === 0
    ? ''
    : `?${new URLSearchParams(set.map(([name, value]) => [name, String(value)]))}`
}
