/** Creates API keys through the API, and sends requests with them. */
import type { ApiKey, Scope } from '../../../src/contract/apiKey.ts'
import { SCOPES } from '../../../src/contract/apiKey.ts'
import { api, expectJson } from './requests.ts'

export type MadeKey = Awaited<ReturnType<typeof makeKey>>

/** The scopes that a key with a path prefix can have. */
export const RESTRICTABLE_SCOPES: Scope[] = [
  'jobs:read',
  'jobs:write',
  'files:write',
  'events:read',
]

/**
 * Creates a key, by default with all scopes. Its `call` sends a request with the key, and has the
 * parameters of `api`.
 */
export async function makeKey(request: Record<string, unknown> = {}) {
  const response = await api('POST', '/api-keys', { name: 'a test', scopes: SCOPES, ...request })
  const key = await expectJson<ApiKey & { key: string }>(response, 201)
  const headers = { Authorization: `Bearer ${key.key}` }
  return {
    ...key,
    headers,
    call: (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
      api(method, path, body, { ...headers, ...more }),
  }
}

/** Reads how many bytes are charged to a key. */
export async function storedBytes({ id }: { id: string }): Promise<number> {
  return (await expectJson<ApiKey>(await api('GET', `/api-keys/${id}`), 200)).storedBytes
}
