/**
 * Direct uploads: parts that are sent to the bucket by presigned URLs. The S3 API of Miniflare's
 * buckets verifies them as that of R2 does, and cannot list parts.
 */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createPlatform } from '../../../src/platform/platform.ts'
import { runCleaner } from '../../../src/services/maintenance/cleaner.ts'
import { S3_ORIGINALS } from '../helpers/s3.ts'
import { makeKey, storedBytes } from '../helpers/apiKeys.ts'
import { countRows } from '../helpers/database.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { API_KEY, api, expectError, expectJson, visit, visitWith } from '../helpers/requests.ts'

const MIB = 1024 * 1024
const PART = 5 * MIB
const END = Uint8Array.from(new TextEncoder().encode('the end'))

function send(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = API_KEY,
) {
  return visit(path, {
    method,
    headers: { ...headers, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

async function begin(
  filePath: string,
  directSize: number,
  headers: Record<string, string> = API_KEY,
) {
  const response = await send('POST', '/uploads', { filePath, directSize }, headers)
  const { uploadId } = await expectJson<{ uploadId: string }>(response, 201)
  return uploadId
}

async function urlOf(id: string, part: number) {
  const signed = await send('GET', `/uploads/${id}/${part}/url`)
  return (await expectJson<{ url: string }>(signed, 200)).url
}

/** Sends bytes to the URL of a part, without a key. */
async function put(id: string, part: number, bytes: Uint8Array<ArrayBuffer>) {
  const url = await urlOf(id, part)
  const { origin, pathname, search } = new URL(url)
  return origin === 'http://reelqueue'
    ? putToService(`${pathname}${search}`, bytes)
    : fetch(url, { method: 'PUT', body: bytes })
}

function putToService(path: string, body: Uint8Array<ArrayBuffer>) {
  const headers = { 'Content-Length': String(body.length) }
  return visit(path, { method: 'PUT', body, headers })
}

function firstPart(): Uint8Array<ArrayBuffer> {
  const part = new Uint8Array(PART)
  part.set(mp4())
  return part
}

/** Sends parts in this order, and returns their etags as the completion names them. */
async function putAll(id: string, parts: [number, Uint8Array<ArrayBuffer>][]) {
  const sent = []
  for (const [partNumber, bytes] of parts) {
    const response = await put(id, partNumber, bytes)
    expect(response.status).toBe(200)
    sent.push({ partNumber, etag: response.headers.get('ETag')! })
  }
  return sent
}

afterEach(() => vi.restoreAllMocks())

/** Calls `act` between the completion of an upload and the request that reads its object. */
function beforeHead(act: () => Promise<unknown>) {
  const original = globalThis.fetch
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    if (init?.method === 'HEAD') {
      await act()
    }
    return original(url, init)
  })
}

function complete(id: string, parts: unknown[]) {
  return send('POST', `/uploads/${id}/complete`, { parts })
}

it('joins part 1, which the service has checked, and parts that the bucket got', async () => {
  const key = await makeKey({ maxStoredBytes: 20 * MIB })
  const { headers } = key
  const upload = await begin('direct/film.mp4', PART + 7, headers)
  expect(new URL(await urlOf(upload, 1)).origin).toBe('http://reelqueue')
  expect(await urlOf(upload, 2)).toContain(`${S3_ORIGINALS.endpoint}/`)
  const parts = await putAll(upload, [
    [2, END],
    [1, firstPart()],
  ])
  expect(await env.ORIGINALS.head('direct/film.mp4')).toBeNull()

  const stored = await expectJson(await complete(upload, parts), 201)
  expect(stored).toMatchObject({ filePath: 'direct/film.mp4', size: PART + 7 })
  expect(await expectJson(await complete(upload, parts), 201)).toEqual(stored)
  const object = (await env.ORIGINALS.get('direct/film.mp4', { range: { offset: PART } }))!
  expect(await object.text()).toBe('the end')
  expect(object.httpMetadata?.contentType).toBe('video/mp4')
  expect(await storedBytes(key)).toBe(PART + 7)
})

it('stores no file whose first bytes do not match its name, and keeps the earlier one', async () => {
  await env.ORIGINALS.put('direct/fake.mp4', mp4('earlier'))
  const id = await begin('direct/fake.mp4', PART + 1)
  const [second] = await putAll(id, [[2, new Uint8Array(1)]])
  const text = new Uint8Array(PART).fill(65)
  await expectError(await put(id, 1, text), 415, 'content_mismatch')
  for (const parts of [[second], [{ partNumber: 1, etag: second!.etag }, second]]) {
    await expectError(await complete(id, parts), 400, 'invalid_request')
  }
  expect((await env.ORIGINALS.head('direct/fake.mp4'))!.size).toBe(mp4('earlier').length)
})

it('completes only the whole file', async () => {
  const id = await begin('direct/whole.mp4', PART + 7)
  const parts = await putAll(id, [
    [1, firstPart()],
    [2, END],
  ])
  const message = await expectError(await complete(id, [parts[0]]), 400, 'invalid_request')
  expect(message).toContain('2 parts')
  const wrong = [parts[0], { partNumber: 2, etag: 'other' }]
  await expectError(await complete(id, wrong), 400, 'invalid_request')
  expect(await env.ORIGINALS.head('direct/whole.mp4')).toBeNull()
  await expectJson(await complete(id, parts), 201)
})

it('keeps a file that another request stores while an upload is completed', async () => {
  const key = await makeKey({})
  const id = await begin('direct/raced.mp4', PART + 7, key.headers)
  const parts = await putAll(id, [
    [1, firstPart()],
    [2, END],
  ])
  const other = mp4('other')
  let etag: string | undefined
  beforeHead(async () => {
    // The etag of the completed object, before it is replaced.
    etag ??= (await env.ORIGINALS.head('direct/raced.mp4'))!.httpEtag
    await expectJson(await api('PUT', '/files/direct/raced.mp4', other), 201)
  })

  const stored = await expectJson(await complete(id, parts), 201)
  expect(stored).toMatchObject({ filePath: 'direct/raced.mp4', size: PART + 7, etag })
  expect((await env.ORIGINALS.head('direct/raced.mp4'))!.size).toBe(other.length)
  expect(await storedBytes(key)).toBe(0)
  expect(await expectJson(await complete(id, parts), 201)).toEqual(stored)
})

it('deletes a completed file of another size, which a bucket that ignores signed headers can get', async () => {
  const key = await makeKey({})
  const id = await begin('direct/larger.mp4', PART + 7, key.headers)
  const [first] = await putAll(id, [[1, firstPart()]])
  const row = await env.DB.prepare('SELECT upload_id FROM uploads WHERE id = ?').bind(id).first()
  const upload = env.ORIGINALS.resumeMultipartUpload('direct/larger.mp4', String(row!['upload_id']))
  const parts = [first, await upload.uploadPart(2, new Uint8Array(8))]

  const message = await expectError(await complete(id, parts), 400, 'invalid_request')
  expect(message).toContain(`must have ${PART + 7} bytes (got ${PART + 8})`)
  expect(await env.ORIGINALS.head('direct/larger.mp4')).toBeNull()
  expect(await storedBytes(key)).toBe(0)
  await expectError(await complete(id, parts), 404, 'upload_not_found')
})

describe('the URL of a part', () => {
  it('stores no other size, and no other part', async () => {
    const id = await begin('direct/sizes.mp4', 2 * PART + 5)
    expect((await put(id, 3, new Uint8Array(4))).status).toBe(403)
    expect((await put(id, 3, new Uint8Array(6))).status).toBe(403)
    await expectError(await put(id, 1, firstPart().subarray(0, 100)), 400, 'invalid_request')
    const other = (await urlOf(id, 3)).replace('partNumber=3', 'partNumber=1')
    expect((await fetch(other, { method: 'PUT', body: new Uint8Array(5) })).status).toBe(403)
    expect((await put(id, 3, new Uint8Array(5))).status).toBe(200)
    const { pathname, search } = new URL(await urlOf(id, 1))
    const second = `${pathname.replace(/1$/, '2')}${search}`
    const body = new Uint8Array(PART)
    await expectError(await putToService(second, body), 403, 'forbidden')
    await expectError(await send('GET', `/uploads/${id}/4/url`), 400, 'invalid_request')
  })

  it('is for callers that may see the upload', async () => {
    const id = await begin('direct/hidden.mp4', 10)
    const { headers } = await makeKey({ pathPrefix: 'others/', scopes: ['files:write'] })
    const hidden = await send('GET', `/uploads/${id}/1/url`, undefined, headers)
    await expectError(hidden, 404, 'upload_not_found')
    await expectError(await send('GET', `/uploads/${id}/1/url`, undefined, {}), 401, 'unauthorized')
    const reader = await makeKey({ scopes: ['jobs:read'] })
    const denied = await send('GET', `/uploads/${id}/1/url`, undefined, reader.headers)
    await expectError(denied, 403, 'forbidden')
  })

  it('of part 1 cannot be signed without a secret', async () => {
    const { headers } = await makeKey({})
    const id = await begin('direct/unsigned.mp4', 100, headers)
    const none = { API_KEY: '', SIGNING_KEYS: '' }
    const response = await visitWith(none, `/uploads/${id}/1/url`, { headers })
    expect(await expectError(response, 503, 'not_configured')).toContain('SIGNING_KEYS')
  })

  it('of part 1 stops working when the key that signed it is deleted', async () => {
    const key = await makeKey({})
    const id = await begin('direct/revoked.mp4', 100, key.headers)
    const signed = await send('GET', `/uploads/${id}/1/url`, undefined, key.headers)
    const { pathname, search } = new URL((await expectJson<{ url: string }>(signed, 200)).url)
    await expectJson(await api('DELETE', `/api-keys/${key.id}`), 200)
    const first = firstPart().slice(0, 100)
    const response = putToService(`${pathname}${search}`, first)
    await expectError(await response, 403, 'forbidden')
  })
})

it('a file that exceeds the quota is refused when the upload begins, and the paths are checked', async () => {
  const scopes = ['files:write']
  const { headers } = await makeKey({ maxStoredBytes: 100, pathPrefix: 'mine/', scopes })
  const begun = (body: object) => send('POST', '/uploads', body, headers)
  const large = await begun({ filePath: 'mine/large.mp4', directSize: 101 })
  await expectError(large, 413, 'storage_cap_reached')
  await expectError(await begun({ filePath: 'x/a.mp4', directSize: 1 }), 403, 'forbidden')
  await expectError(await begun({ filePath: 'mine/a.exe', directSize: 1 }), 415, 'content_mismatch')
  await expectError(await begun({ filePath: 'mine/a.mp4', directSize: 1e15 }), 413, 'too_large')
  expect(await countRows('uploads', 'file_path LIKE ?', 'mine/%')).toBe(0)
})

it('is off without the secret, and says so', async () => {
  const body = JSON.stringify({ filePath: 'direct/off.mp4', directSize: 10 })
  const headers = { ...API_KEY, 'Content-Type': 'application/json' }
  const off = { DIRECT_UPLOADS: '' }
  const response = await visitWith(off, '/uploads', { method: 'POST', headers, body })
  expect(await expectError(response, 501, 'not_enabled')).toContain('DIRECT_UPLOADS')
  const ordinary = await visit('/uploads', {
    method: 'POST',
    headers,
    body: JSON.stringify({ filePath: 'direct/off.mp4' }),
  })
  const { uploadId } = await expectJson<{ uploadId: string }>(ordinary, 201)
  const url = await send('GET', `/uploads/${uploadId}/1/url`)
  await expectError(url, 400, 'invalid_request')
})

it('the cleaner deletes the parts of an upload that is not completed', async () => {
  const id = await begin('direct/old.mp4', PART + 1)
  const kept = await begin('direct/new.mp4', PART + 1)
  await put(id, 2, new Uint8Array(1))
  const url = await urlOf(id, 2)
  await env.DB.prepare('UPDATE uploads SET created_at = 0 WHERE id = ?').bind(id).run()
  const platform = createPlatform(env, () => undefined)
  await runCleaner(platform, { jobDays: 1, eventDays: 1, uploadDays: 1, publicVariantDays: 1 })
  expect(await countRows('uploads', 'id = ?', id)).toBe(0)
  expect(await countRows('uploads', 'id = ?', kept)).toBe(1)
  expect((await fetch(url, { method: 'PUT', body: new Uint8Array(1) })).status).toBe(404)
})

it('the cleaner deletes other uploads although many old ones cannot be deleted', async () => {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45)
     INSERT INTO uploads (id, file_path, upload_id, direct_size_bytes, created_at)
     SELECT 'upl_denied_' || i, 'denied/' || i || '.mp4', 'x', 10, 0 FROM n`,
  ).run()
  const begun = await api('POST', '/uploads', { filePath: 'direct/ordinary.mp4' })
  const { uploadId } = await expectJson<{ uploadId: string }>(begun, 201)
  await env.DB.prepare('UPDATE uploads SET created_at = 1 WHERE id = ?').bind(uploadId).run()
  vi.spyOn(globalThis, 'fetch').mockImplementation(() =>
    Promise.resolve(new Response('<Code>AccessDenied</Code>', { status: 403 })),
  )
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const platform = createPlatform(env, () => undefined)
  await runCleaner(platform, { jobDays: 1, eventDays: 1, uploadDays: 1, publicVariantDays: 1 })
  expect(await countRows('uploads', 'id = ?', uploadId)).toBe(0)
  expect(await countRows('uploads', 'id LIKE ?', 'upl_denied_%')).toBe(45)
  expect(fetch).toHaveBeenCalledTimes(45)
})
