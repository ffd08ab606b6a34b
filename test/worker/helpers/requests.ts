/** Requests to the Worker as each kind of caller sends them, and checks of their responses. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import { app } from '../../../src/app.ts'
import { RUNNER_SECRET_HEADER } from '../../../src/contract/runnerProtocol.ts'

export const API_KEY = { Authorization: 'Bearer test-api-key' }
export const RUNNER_SECRET = 'a-test-runner-s-secret'

export interface ErrorBody {
  error: string
  message: string
  code: string
  requestId: string
}

/** Sends a request without credentials, unless `init` has some. */
export function visit(path: string, init?: RequestInit): Promise<Response> {
  return exports.default.fetch(`http://reelqueue${path}`, init)
}

/**
 * Sends a request without credentials, unless `init` has some, to the app with changed settings or
 * bindings. Waits for deferred work.
 */
export async function visitWith(
  changes: Partial<Env>,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const ctx = createExecutionContext()
  const request = new Request(`http://reelqueue${path}`, init)
  const response = await app.fetch(request, { ...env, ...changes }, ctx)
  await waitOnExecutionContext(ctx)
  return response
}

/**
 * Sends a request with the root API key, unless `headers` has another one. `body` is sent as JSON,
 * or unchanged if it is bytes or a form.
 */
export function api(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const isRaw = body instanceof Uint8Array || body instanceof FormData
  const isJson = body !== undefined && !isRaw
  return visit(path, {
    method,
    headers: { ...API_KEY, ...(isJson && { 'Content-Type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as BodyInit) }),
  })
}

/** Returns a function that sends requests as the runner with this secret. */
export function runnerCaller(secret: string | null) {
  const headers = {
    Authorization: 'Bearer test-runner-token',
    ...(secret !== null && { [RUNNER_SECRET_HEADER]: secret }),
  }
  return (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
    api(method, path, body, { ...headers, ...more })
}
export const asRunner = runnerCaller(RUNNER_SECRET)

/** Reads a response with this status as JSON. @throws with its text if the status is another */
export async function expectJson<T>(response: Response, status: number): Promise<T> {
  const text = await response.text()
  if (response.status !== status) {
    throw new Error(`expected ${status}, got ${response.status}: ${text}`)
  }
  return JSON.parse(text) as T
}

/** Expects an error response with this status and code; returns its message. */
export async function expectError(
  response: Response,
  status: number,
  code: string,
): Promise<string> {
  const error = await expectJson<ErrorBody>(response, status)
  expect(error.code).toBe(code)
  return error.message
}
