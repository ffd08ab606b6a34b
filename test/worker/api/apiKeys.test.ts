/** API keys: creation, changes, deletion and authentication. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import type { ApiKey } from '../../../src/contract/apiKey.ts'
import { SCOPES } from '../../../src/contract/apiKey.ts'
import { sha256, sha256Hex } from '../../../src/domain/digest.ts'
import { visit, api, expectJson, expectError, visitWith } from '../helpers/requests.ts'
import { openPlatform } from '../helpers/database.ts'
import { makeKey } from '../helpers/apiKeys.ts'
import { findCallerByKey } from '../../../src/services/apiKeys/apiKeys.ts'

function row(id: string) {
  return env.DB.prepare('SELECT * FROM api_keys WHERE id = ?')
    .bind(id)
    .first<Record<string, unknown>>()
}
function stats(key: { call: (method: string, path: string) => Promise<Response> }) {
  return key.call('GET', '/queue/stats')
}

/** Runs `work` with the clock at `now` (ms since the epoch). */
async function at<T>(now: number, work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'], now })
  try {
    return await work()
  } finally {
    vi.useRealTimers()
  }
}

describe('an API key', () => {
  it('is not shown after its creation, and only its hash is stored', async () => {
    const created = await makeKey({ name: 'once', scopes: ['jobs:read'] })
    expect(created.id).toMatch(/^key_[0-9a-f]{32}$/)
    expect(created.key).toMatch(/^rq_[\w-]{43}$/)
    expect(await row(created.id)).toMatchObject({
      hash: await sha256Hex(created.key),
      name: 'once',
    })
    expect(JSON.stringify(await row(created.id))).not.toContain(created.key)
    const one = await api('GET', `/api-keys/${created.id}`)
    const list = await api('GET', '/api-keys')
    for (const response of [one, list]) {
      const text = await response.text()
      expect(text).toContain(created.id)
      expect(text).not.toContain(created.key)
      expect(text).not.toContain(await sha256Hex(created.key))
    }
  })

  it('is listed, newest first', async () => {
    const [older, newer] = [await makeKey(), await makeKey()]
    const { apiKeys } = await expectJson<{ apiKeys: ApiKey[] }>(await api('GET', '/api-keys'), 200)
    const ids = apiKeys.map(({ id }) => id)
    expect(ids.indexOf(newer.id)).toBeLessThan(ids.indexOf(older.id))
  })

  it('can be renamed and keeps working', async () => {
    const [key, control] = [await makeKey({ name: 'before' }), await makeKey({ name: 'control' })]
    const renamed = await api('PATCH', `/api-keys/${key.id}`, { name: 'after' })
    expect(await expectJson(renamed, 200)).toMatchObject({ id: key.id, name: 'after' })
    expect(await row(key.id)).toMatchObject({ name: 'after', disabled: 0 })
    expect(await row(control.id)).toMatchObject({ name: 'control' })
    expect((await stats(key)).status).toBe(200)
  })

  it('that is disabled is rejected with that reason, and works again when it is enabled', async () => {
    const [key, control] = [await makeKey(), await makeKey()]
    await expectJson(await api('PATCH', `/api-keys/${key.id}`, { disabled: true }), 200)
    expect(await expectError(await stats(key), 401, 'unauthorized')).toContain('is disabled')
    expect((await stats(control)).status).toBe(200)
    await expectJson(await api('PATCH', `/api-keys/${key.id}`, { disabled: false }), 200)
    expect((await stats(key)).status).toBe(200)
  })

  it('that has expired is rejected with that reason, until its expiry is changed', async () => {
    const expiresAt = Date.now() + 2_000
    const key = await makeKey({ expiresAt: new Date(expiresAt).toISOString() })
    expect((await stats(key)).status).toBe(200)
    const late = await at(expiresAt, () => stats(key))
    expect(await expectError(late, 401, 'unauthorized')).toContain('has expired')
    await expectJson(await api('PATCH', `/api-keys/${key.id}`, { expiresAt: null }), 200)
    expect((await stats(key)).status).toBe(200)
  })

  it.each([
    ['disabled', 'UPDATE api_keys SET disabled = 1 WHERE id = ?'],
    ['expired', 'UPDATE api_keys SET expires_at = 1 WHERE id = ?'],
    ['deleted', 'DELETE FROM api_keys WHERE id = ?'],
  ])('that is %s by another isolate is rejected within 10 s', async (_, statement) => {
    const key = await makeKey()
    expect((await stats(key)).status).toBe(200)
    await env.DB.prepare(statement).bind(key.id).run()
    const late = await at(Date.now() + 10_000, () => stats(key))
    await expectError(late, 401, 'unauthorized')
  })

  it('that is deleted is rejected as not valid, and its routes return 404', async () => {
    const [key, control] = [await makeKey(), await makeKey()]
    await expectJson(await api('DELETE', `/api-keys/${key.id}`), 200)
    expect(await row(key.id)).toBeNull()
    expect(await expectError(await stats(key), 401, 'unauthorized')).toContain('is not valid')
    expect((await stats(control)).status).toBe(200)
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      await expectError(
        await api(method, `/api-keys/${key.id}`, method === 'PATCH' ? {} : undefined),
        404,
        'key_not_found',
      )
    }
  })

  it('that does not exist is rejected as not valid, even if it resembles a disabled key', async () => {
    const disabled = await makeKey()
    await api('PATCH', `/api-keys/${disabled.id}`, { disabled: true })
    for (const wrongKey of [
      `rq_${'A'.repeat(43)}`,
      disabled.key.slice(0, -1),
      `${disabled.key}x`,
      'x',
      'rq_',
    ]) {
      expect(
        await expectError(
          await visit('/queue/stats', { headers: { Authorization: `Bearer ${wrongKey}` } }),
          401,
          'unauthorized',
        ),
      ).toContain('The API key is not valid')
    }
  })

  it('records its last use at most once an hour', async () => {
    const key = await makeKey()
    const { platform, settled } = openPlatform()
    const use = async () => {
      expect(await findCallerByKey(platform, key.key, await sha256(key.key))).toMatchObject({
        ok: true,
      })
      await settled()
      return (await row(key.id))!['last_used_at'] as number
    }
    const first = await use()
    expect(first).toBeGreaterThan(Date.now() - 10_000)
    expect(await use()).toBe(first)
    expect(await at(first + 3_600_000, use)).toBe(first)
    expect(await at(first + 3_600_001, use)).toBe(first + 3_600_001)
    expect(await at(first + 3_601_000, use)).toBe(first + 3_600_001)
  })

  it('keeps working when API_KEY is not set; requests without a valid key return 503', async () => {
    const key = await makeKey()
    const without = { ...env, API_KEY: '' }
    expect((await visitWith(without, '/queue/stats', { headers: key.headers })).status).toBe(200)
    await expectError(await visitWith(without, '/queue/stats'), 503, 'not_configured')
    const headers = { Authorization: 'Bearer x' }
    await expectError(await visitWith(without, '/queue/stats', { headers }), 503, 'not_configured')
  })
})

it.each([
  ['the root key', '/queue/stats', { API_KEY: 'k'.repeat(43) }],
  ['the runner token', '/runner/jobs/x/source?fence=1', { RUNNER_TOKEN: 'k'.repeat(43) }],
])('the digest of %s is compared with timingSafeEqual', async (_, path, secret) => {
  const compare = vi.spyOn(crypto.subtle, 'timingSafeEqual')
  for (const token of ['k'.repeat(43), 'k'.repeat(42), 'x'.repeat(43), 'kk']) {
    compare.mockClear()
    await visitWith(secret, path, { headers: { Authorization: `Bearer ${token}` } })
    const sizes = compare.mock.calls.map((sides) => sides.map((side) => side.byteLength))
    expect(sizes, token).toEqual([[32, 32]])
  }
  compare.mockRestore()
})

describe('the creation of an API key', () => {
  const expectRejected = async (request: object, reason: string) =>
    expect(
      await expectError(
        await api('POST', '/api-keys', { name: 'x', scopes: ['jobs:read'], ...request }),
        400,
        'invalid_request',
      ),
    ).toContain(reason)

  it.each([
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['everything'] }, 'scopes'],
    [{ name: ' ' }, 'name'],
    [{ expiresAt: '2020-01-01T00:00:00.000Z' }, 'in the future'],
    [{ queue: 'a', scopes: ['keys:admin'] }, 'without restriction'],
    [{ pathPrefix: 'a/', scopes: ['queues:admin'] }, 'shared by all paths'],
    [{ queue: 'a', scopes: ['files:write'] }, 'Files belong to no queue'],
    [{ maxStreams: 0 }, 'maxStreams'],
  ])('with %j is rejected', expectRejected)

  it.each(['../a', '/', 'a//b', '.', ''])('with the folder %j is rejected', async (pathPrefix) => {
    await expectError(
      await api('POST', '/api-keys', { name: 'x', scopes: ['jobs:read'], pathPrefix }),
      400,
      'invalid_path',
    )
  })

  it('normalizes the folder and adds a slash to its end', async () => {
    const scopes = ['jobs:read']
    for (const pathPrefix of ['cafe\u0301', 'cafe\u0301/']) {
      expect(await makeKey({ scopes, pathPrefix })).toMatchObject({ pathPrefix: 'caf\u00e9/' })
    }
  })

  it('is rejected for a scope that the caller does not have', async () => {
    const admin = await makeKey({ scopes: ['keys:admin', 'jobs:read'] })
    const wider = await admin.call('POST', '/api-keys', { name: 'w', scopes: [...SCOPES] })
    expect(await expectError(wider, 403, 'forbidden')).toContain('jobs:write')
    const equal = await admin.call('POST', '/api-keys', { name: 'e', scopes: ['jobs:read'] })
    expect(equal.status).toBe(201)
  })
})
