/** Signed URLs: the requests that they permit, their limits and their expiry. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'

import { mp4 } from '../helpers/mediaBytes.ts'
import { api, expectJson, expectError, visitWith } from '../helpers/requests.ts'
import { putOriginal, createOne } from '../helpers/jobs.ts'
import { claimAsRunner } from '../helpers/fakeRunner.ts'
import { countRows } from '../helpers/database.ts'
import { makeKey, type MadeKey } from '../helpers/apiKeys.ts'

const CLOSED = { PUBLIC_VARIANTS: 'off' }
/** Sends a request to a Worker without public variants, so that only a signature permits it. */
function get(url: string, settings = {}) {
  return visitWith({ ...CLOSED, ...settings }, url)
}
function put(url: string, body = mp4(), headers: Record<string, string> = {}) {
  return visitWith(CLOSED, url, {
    method: 'PUT',
    body,
    headers: { 'Content-Length': String(body.length), ...headers },
  })
}

async function signed(body: object, key?: MadeKey): Promise<string> {
  const response = key
    ? await key.call('POST', '/signed-urls', body)
    : await api('POST', '/signed-urls', body)
  const { url } = await expectJson<{ url: string; expiresAt: string }>(response, 201)
  return url.replace('http://reelqueue', '')
}
async function stored() {
  return (await env.ORIGINALS.list()).objects.map(({ key }) => key)
}
/** Returns the URL with one query parameter set, or removed if `value` is null. */
function altered(url: string, name: string, value: string | null) {
  const changed = new URL(url, 'http://x')
  if (value === null) {
    changed.searchParams.delete(name)
  } else {
    changed.searchParams.set(name, value)
  }
  return changed.pathname + changed.search
}

beforeAll(async () => {
  await createOne('s/clip.mp4', 'w_640')
  await (await claimAsRunner()).completeWith('the variant')
  await putOriginal('s/other.mp4')
})

describe('a URL signed to read', () => {
  it('serves the variant in another spelling too, with a private Cache-Control', async () => {
    const url = await signed({
      method: 'GET',
      path: 'q_60,w_640/s/clip.mp4',
      expiresInSeconds: 100,
    })
    for (const spelling of [url, url.replace('w_640', 'w_640%2Cq_60')]) {
      const response = await get(spelling)
      expect(response.status).toBe(200)
      expect(await response.text()).toBe('the variant')
      const [, seconds] = /^private, max-age=(\d+)$/.exec(response.headers.get('Cache-Control')!)!
      expect(Number(seconds)).toBeLessThanOrEqual(100)
    }
    expect((await get('/t/w_640/s/clip.mp4')).status).toBe(401)
  })

  it('is rejected if its path, its method or a query parameter is changed', async () => {
    const url = await signed({ method: 'GET', path: 'w_640/s/clip.mp4' })
    const exp = Number(new URL(url, 'http://x').searchParams.get('exp'))
    const sig = new URL(url, 'http://x').searchParams.get('sig')!
    const key = (await makeKey()).id
    for (const changed of [
      url.replace('w_640', 'w_642'),
      url.replace('w_640/', ''),
      url.replace('clip', 'other'),
      altered(url, 'exp', String(exp + 1)),
      altered(url, 'exp', `${exp}.0`),
      altered(url, 'exp', null),
      altered(url, 'key', key),
      altered(url, 'maxBytes', '1'),
      altered(url, 'contentType', 'video/mp4'),
      altered(url, 'sig', sig.replace(/^[^.]+/, 'other')),
      altered(url, 'sig', sig.slice(0, -1)),
      altered(url, 'sig', `${sig}A`),
      altered(url, 'sig', ''),
    ]) {
      await expectError(await get(changed), 403, 'forbidden')
    }
    // A wrong signature is rejected even if variants are public and need no signature.
    await expectError(await visitWith({}, altered(url, 'exp', '1')), 403, 'forbidden')
    const upload = await put(url.replace('/t/w_640/', '/files/'))
    await expectError(upload, 403, 'forbidden')
    expect((await get(url)).status).toBe(200)
  })

  it('is rejected with that reason after it has expired', async () => {
    const url = await signed({ method: 'GET', path: 's/clip.mp4', expiresInSeconds: 2 })
    expect((await get(url)).status).toBe(200)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_000 })
    try {
      expect(await expectError(await get(url), 403, 'forbidden')).toContain('expired')
    } finally {
      vi.useRealTimers()
    }
  })

  it('is rejected while its key is disabled, and is not signed outside of its folder', async () => {
    const key = await makeKey({ scopes: ['jobs:read'], pathPrefix: 's/' })
    const url = await signed({ method: 'GET', path: 's/clip.mp4' }, key)
    const outside = { method: 'GET', path: 'elsewhere/clip.mp4' }
    await expectError(await key.call('POST', '/signed-urls', outside), 403, 'forbidden')
    expect((await get(url)).status).toBe(200)
    await api('PATCH', `/api-keys/${key.id}`, { disabled: true })
    await expectError(await get(url), 403, 'forbidden')
    await api('PATCH', `/api-keys/${key.id}`, { disabled: false })
    expect((await get(url)).status).toBe(200)
  })

  it('creates a job only if the key that signed it can create jobs', async () => {
    const reader = await makeKey({ scopes: ['jobs:read'] })
    const writer = await makeKey({ scopes: ['jobs:read', 'jobs:write'] })
    const path = { method: 'GET', path: 'w_800/s/clip.mp4' }
    const rejected = await get(await signed(path, reader))
    expect(await expectError(rejected, 403, 'forbidden')).toContain('jobs:write')
    expect(await countRows('jobs', "transformation = 'w_800'")).toBe(0)
    expect((await get(await signed(path, writer))).status).toBe(202)
    expect(await countRows('jobs', "transformation = 'w_800'")).toBe(1)
  })
})

describe('a URL signed to store', () => {
  it('stores that file and no other', async () => {
    const url = await signed({ method: 'PUT', path: 's/signed é.mp4' })
    await expectError(await put(url.replace('/s/', '/r/')), 403, 'forbidden')
    expect((await put(url)).status).toBe(201)
    expect(await stored()).toContain('s/signed é.mp4')
    expect(await stored()).not.toContain('r/signed é.mp4')
    expect((await get(url.replace('/files/', '/t/'))).status).toBe(403)
  })

  it('enforces maxBytes and contentType, and is rejected if one of them is changed', async () => {
    const limits = { maxBytes: mp4().length, contentType: 'video/mp4' }
    const url = await signed({ method: 'PUT', path: 's/limited.mp4', ...limits })
    const type = { 'Content-Type': 'video/mp4' }
    await expectError(await put(url, mp4('longer than that'), type), 413, 'too_large')
    await expectError(await put(url, mp4()), 415, 'content_mismatch')
    for (const name of ['maxBytes', 'contentType']) {
      for (const value of ['99999999', null]) {
        await expectError(await put(altered(url, name, value), mp4(), type), 403, 'forbidden')
      }
    }
    expect(await stored()).not.toContain('s/limited.mp4')
    expect((await put(url, mp4(), type)).status).toBe(201)
  })

  it.each(['../x.mp4', 'w_640/x.mp4', '', 'a//b.mp4'])('is not signed for %j', async (path) => {
    const response = await api('POST', '/signed-urls', { method: 'PUT', path })
    await expectError(response, 400, 'invalid_path')
  })
})

describe('signing keys', () => {
  const [old, fresh] = ['old:' + 'o'.repeat(32), 'new:' + 'n'.repeat(32)]
  const signWith = async (SIGNING_KEYS: string) => {
    const headers = { Authorization: 'Bearer test-api-key', 'Content-Type': 'application/json' }
    const body = JSON.stringify({ method: 'GET', path: 's/clip.mp4' })
    const init = { method: 'POST', headers, body }
    const response = await visitWith({ SIGNING_KEYS }, '/signed-urls', init)
    const { url } = await expectJson<{ url: string }>(response, 201)
    return url.replace('http://reelqueue', '')
  }

  it('can be rotated: the first signs, the others still verify', async () => {
    const url = await signWith(old)
    expect((await get(url, { SIGNING_KEYS: `${fresh},${old}` })).status).toBe(200)
    expect((await get(url, { SIGNING_KEYS: fresh })).status).toBe(403)
    const next = await signWith(`${fresh},${old}`)
    expect(next).toContain('sig=new.')
    expect((await get(next, { SIGNING_KEYS: fresh })).status).toBe(200)
    // Without SIGNING_KEYS, only signatures that were made with API_KEY are valid.
    expect((await get(next)).status).toBe(403)
  })

  it('that are too short cause a 503 that does not contain the secret', async () => {
    const response = await get(await signWith(old), { SIGNING_KEYS: 'short:hunter2' })
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('hunter2')
  })
})
