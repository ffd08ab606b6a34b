/** For tests of who may do what: keys as the API makes them, and the app under other settings. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { ApiKey, Scope } from '../../../src/contract/apiKey.ts'
import { SCOPES } from '../../../src/contract/apiKey.ts'
import { app } from '../../../src/app.ts'
import { api, type ErrorAnswer } from './http.ts'
import { expectJson } from './support.ts'

export type MadeKey = Awaited<ReturnType<typeof makeKey>>

/** All that a key which is bound can have. */
export const BOUND_SCOPES: Scope[] = ['jobs:read', 'jobs:write', 'files:write', 'events:read']

/** Makes a key by the API, and calls with it. */
export async function makeKey(request: Record<string, unknown> = {}) {
  const response = await api('POST', '/api-keys', { name: 'a test', scopes: SCOPES, ...request })
  const made = await expectJson<ApiKey & { key: string }>(response, 201)
  const headers = { Authorization: `Bearer ${made.key}` }
  return {
    ...made,
    headers,
    call: (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
      api(method, path, body, { ...headers, ...more }),
  }
}

export async function expectError(response: Response, status: number, code: string) {
  const error = await expectJson<ErrorAnswer>(response, status)
  expect(error.code).toBe(code)
  return error.message
}

/** A request to the app with other settings or bindings than those of the tests. */
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
