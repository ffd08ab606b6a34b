/** HTTP requests to the gateway: credentials, timeouts, retries, and the error for each status. */
import { createHash, type Hash, randomBytes } from 'node:crypto'
import type { z } from 'zod'
import { RUNNER_SECRET_HEADER } from '../../src/contract/runnerProtocol.ts'
import {
  AttemptReleased,
  GatewayRejection,
  GatewayUnreachable,
  LeaseLost,
  UnreadableAssignment,
} from '../failures.ts'
import { reconnectDelayMs, sleep } from './backoff.ts'

export interface GatewayRequest {
  /** Path below `/runner/`, with the query. */
  path: string
  method?: 'GET' | 'POST' | 'PUT'
  headers?: Record<string, string>
  body?: string | Buffer<ArrayBuffer>
}

export interface RequestLimits {
  /** Time limit of each try, which includes reading the response. */
  timeoutMs: number
  /** Maximum number of tries, at least 1. With more than 1, tries in an outage do not count. */
  tries: number
  signal: AbortSignal
}

/**
 * Time for which a request with more than one try is repeated while the gateway does not respond at
 * all, for example because the Worker is frozen or restarts. Such tries do not count, because they
 * say nothing about the request.
 */
export const MAX_OUTAGE_MS = 600_000

/**
 * Sends a request until a response has been read or no try is left.
 *
 * @param read reads a successful response; when it throws another error than GatewayRejection or
 *   UnreadableAssignment, the request is sent again
 * @throws GatewayRejection, LeaseLost or AttemptReleased, depending on the response;
 *   GatewayRejection or UnreadableAssignment from `read`; GatewayUnreachable after the last try;
 *   the signal's reason when it aborts
 */
export type SendRequest = <T>(
  request: GatewayRequest,
  limits: RequestLimits,
  read: (response: Response) => Promise<T>,
) => Promise<T>

/** Parameters with which a request is sent once. */
export interface Connection {
  /** Ends with a slash. */
  baseUrl: string
  headers: Record<string, string>
  /** Aborts at the time limit of the try too. */
  signal: AbortSignal
  /** To be called when a response begins. */
  onResponse: () => void
}

export function createSender(options: { gatewayUrl: string; token: string | null }): {
  send: SendRequest
  /** The same for a request that `sendOnce` sends, and whose response it reads. */
  sendWith: <T>(
    limits: RequestLimits,
    sendOnce: (connection: Connection) => Promise<T>,
  ) => Promise<T>
  /** Milliseconds since the last response of the gateway, whatever its status. */
  silentMs: () => number
} {
  // The gateway binds each claim to this secret, so no other runner can report its results.
  const secret = randomBytes(16).toString('base64url')
  const commonHeaders: Record<string, string> = {
    [RUNNER_SECRET_HEADER]: secret,
    // Compressing a message of a kilobyte costs both sides more than sending it.
    'accept-encoding': 'identity',
    ...(options.token !== null && { authorization: `Bearer ${options.token}` }),
  }

  let lastResponseAt = performance.now()
  const silentMs = () => performance.now() - lastResponseAt

  function connect({ timeoutMs, signal }: RequestLimits): Connection {
    return {
      baseUrl: `${options.gatewayUrl}/runner/`,
      headers: commonHeaders,
      signal: AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(timeoutMs))]),
      onResponse: () => (lastResponseAt = performance.now()),
    }
  }

  async function sendWith<T>(
    limits: RequestLimits,
    sendOnce: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const startedAt = performance.now()
    let countedTries = 0
    for (let failures = 1; ; failures++) {
      const triedAt = performance.now()
      try {
        return await sendOnce(connect(limits))
      } catch (error) {
        limits.signal.throwIfAborted()
        if (isFinal(error)) {
          throw error
        }
        const isOutage = lastResponseAt < triedAt && performance.now() - startedAt < MAX_OUTAGE_MS
        countedTries += isOutage && limits.tries > 1 ? 0 : 1
        if (countedTries >= limits.tries) {
          throw new GatewayUnreachable(`no usable response after ${failures} tries`, {
            cause: error,
          })
        }
        await sleep(reconnectDelayMs(failures), limits.signal)
      }
    }
  }

  return {
    send: (request, limits, read) =>
      sendWith(limits, (connection) => sendByFetch(request, connection, read)),
    sendWith,
    silentMs,
  }
}

async function sendByFetch<T>(
  { path, method = 'GET', headers, body }: GatewayRequest,
  connection: Connection,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const response = await fetch(connection.baseUrl + path, {
    method,
    headers: { ...connection.headers, ...headers },
    body: body ?? null,
    redirect: 'error',
    signal: connection.signal,
  })
  connection.onResponse()
  if (!response.ok) {
    throw readError(response.status, await response.text().catch(() => ''))
  }
  return read(response)
}

/** Returns true for an error after which the request is not sent again. */
function isFinal(error: unknown): boolean {
  return [LeaseLost, AttemptReleased, GatewayRejection, UnreadableAssignment].some(
    (kind) => error instanceof kind,
  )
}

const MAX_ERROR_CHARACTERS = 300

/** Returns the error for a response that is not successful. */
export function readError(status: number, body: string): Error {
  const text = body.slice(0, MAX_ERROR_CHARACTERS)
  // The bytes were corrupted in transit, so the request is sent again, whatever the status.
  if (text.includes('"digest_mismatch"')) {
    return new Error(text)
  }
  if (status === 409) {
    return new LeaseLost(text)
  }
  if (status === 412) {
    return new AttemptReleased('the original or a reference file was replaced or deleted')
  }
  const message = `the gateway returned ${status}: ${text}`
  const canRetry = status >= 500 || status === 408 || status === 429
  return canRetry ? new Error(message) : new GatewayRejection(status, message)
}

export function buildJsonRequest(
  path: string,
  message: unknown,
  { traceparent }: { traceparent?: string | undefined } = {},
): GatewayRequest {
  return {
    path,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(traceparent && { traceparent }) },
    body: JSON.stringify(message),
  }
}

/**
 * Builds an upload. With a digest, the gateway rejects bytes that were corrupted in transit; the
 * request is then sent again.
 */
export function buildBytesRequest(
  path: string,
  bytes: Buffer<ArrayBuffer>,
  { hasDigest }: { hasDigest: boolean },
): GatewayRequest {
  return {
    path,
    method: 'PUT',
    headers: {
      'content-type': 'application/octet-stream',
      ...(hasDigest && { 'content-digest': computeContentDigest(bytes) }),
    },
    body: bytes,
  }
}

/** Parses the body of a response as JSON of this schema. */
export function createJsonReader<T>(schema: z.ZodType<T>): (response: Response) => Promise<T> {
  return async (response) => schema.parse(await response.json())
}

function computeContentDigest(bytes: Buffer): string {
  return writeContentDigest(createHash('sha256').update(bytes))
}

/** Value of the header `Content-Digest` (RFC 9530) for a SHA-256. */
export function writeContentDigest(hash: Hash): string {
  return `sha-256=:${hash.digest('base64')}:`
}
