/** API keys: `client.apiKeys`. */
import type { Http } from '../http.ts'
import type { CallOptions } from '../options.ts'
import type { RequestBody } from '../types.ts'

export function createApiKeyMethods({ request }: Http) {
  return {
    /** Only this response has the key itself, in `key`. */
    create: (body: RequestBody<'/api-keys', 'post'>, { signal }: CallOptions = {}) =>
      request('post', '/api-keys', { body, signal }),
    list: async ({ signal }: CallOptions = {}) =>
      (await request('get', '/api-keys', { signal })).apiKeys,
    get: (keyId: string, { signal }: CallOptions = {}) =>
      request('get', '/api-keys/{keyId}', { path: { keyId }, signal }),
    change: (
      keyId: string,
      body: RequestBody<'/api-keys/{keyId}', 'patch'>,
      { signal }: CallOptions = {},
    ) => request('patch', '/api-keys/{keyId}', { path: { keyId }, body, signal }),
    delete: (keyId: string, { signal }: CallOptions = {}) =>
      request('delete', '/api-keys/{keyId}', { path: { keyId }, signal }),
  }
}
