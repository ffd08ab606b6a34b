/** Sends requests to the service. */
import { isOffline } from './network.ts'
import { ReelqueueError, readError } from './ReelqueueError.ts'
import { sendWithProgress } from './sendWithProgress.ts'
import { throwIfAborted } from './signals.ts'
import type { Body, Method, MethodOf, Operation, Parameters, Path, Success } from './types.ts'

export interface ClientOptions {
  /** Address of the service. Default: the origin of the page. */
  url?: string
  /** Without a key, requests are those of a visitor, or of the session cookie. */
  apiKey?: string
  /** Default: the global `fetch`. One that is given must be able to stream responses. */
  fetch?: typeof fetch
  /** `same-origin` sends the session cookie of the dashboard. */
  credentials?: 'include' | 'omit' | 'same-origin'
}

export interface SendOptions {
  body?: NonNullable<RequestInit['body']>
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
  if (!/^(https?:\/\/|\/|$)/i.test(url)) {
    // `fetch` would report a network error, after which streams try again without end.
    throw new TypeError(`url must begin with http:// or https:// (got ${JSON.stringify(url)}).`)
  }
  const base = url.replace(/\/+$/, '')

  /**
   * Sends a request to the service.
   *
   * @throws ReelqueueError unless the response is successful; the reason of the signal if it aborts
   */
  function send(method: string, path: string, options: SendOptions = {}): Promise<Response> {
    const authorization = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` }
    const headers = { ...authorization, ...options.headers }
    return sendTo(method, `${base}${path}`, { ...options, headers })
  }

  /** Only the service gets cookies: the CORS rules of a bucket would have to allow them. */
  function chooseCredentials(target: string, wanted: RequestCredentials): RequestCredentials {
    const isOther = base === '' || !target.startsWith(`${base}/`)
    return wanted === 'include' && isOther ? 'same-origin' : wanted
  }

  /** As `send`, to any URL, and without the API key. */
  async function sendTo(
    method: string,
    target: string,
    options: SendOptions = {},
  ): Promise<Response> {
    const { body, headers = {}, signal, onProgress } = options
    const init: RequestInit = {
      method,
      headers,
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      // workerd rejects the field, even if it is undefined.
      ...(credentials && { credentials: chooseCredentials(target, credentials) }),
    }
    let response: Response
    try {
      const canTellProgress = onProgress && !customFetch && typeof XMLHttpRequest !== 'undefined'
      response = canTellProgress
        ? await sendWithProgress(target, init, onProgress)
        : await (customFetch ?? fetch)(target, init)
    } catch (cause) {
      throwIfAborted(signal)
      if (!('location' in globalThis) && target.startsWith('/')) {
        const message = 'Only a page has an origin. Set the url of createClient.'
        throw new ReelqueueError({ status: 0, code: 'url_missing', message, cause })
      }
      const reason = cause instanceof Error ? cause.message : String(cause)
      const failed = `${method} ${target.split('?')[0]} did not reach the service: ${reason}`
      const message = `${failed}${target.startsWith(`${base}/`) ? adviseOnOrigin(target) : ''}`
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

  return { base, send, sendTo, request, canStream: customFetch !== undefined || !isReactNative() }
}

/** Browsers do not tell scripts that a response was withheld because of its origin. */
function adviseOnOrigin(target: string): string {
  const { location } = globalThis as { location?: { origin: string } }
  const isOther = location && /^https?:/.test(target) && new URL(target).origin !== location.origin
  if (!isOther || isOffline()) {
    return ''
  }
  return `. If the service can be reached, its setting CORS_ORIGINS must contain ${location.origin}.`
}

/** The `fetch` of React Native returns a response when it is complete, which a stream never is. */
function isReactNative(): boolean {
  const { navigator } = globalThis as { navigator?: { product?: string } }
  return navigator?.product === 'ReactNative'
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
  // URLSearchParams of React Native takes no list of pairs.
  const pairs = set.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}
