/** Access to resumable uploads: keys, signed URLs, quotas and other origins. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { storedBytes, makeKey } from '../helpers/apiKeys.ts'
import { mp4 } from '../helpers/mediaBytes.ts'
import { api, API_KEY, expectError, expectJson, visit, visitWith } from '../helpers/requests.ts'
import { append, createUpload, metadata, readLocation, readOffset, tus } from '../helpers/tus.ts'

const SIZE = mp4().length
const VISITOR = { Authorization: '' }

function create(values: Record<string, string>, headers: Record<string, string>, length = SIZE) {
  const own = { 'Upload-Length': String(length), 'Upload-Metadata': metadata(values) }
  return tus('POST', '/tus', { ...own, ...headers })
}

async function sign(body: object): Promise<string> {
  const response = await api('POST', '/signed-urls', { method: 'PUT', ...body })
  return (await expectJson<{ url: string }>(response, 201)).url
}

it('needs files:write, and a key with a folder reaches only uploads of its folder', async () => {
  await expectError(await create({ filePath: 'a/x.mp4' }, VISITOR), 401, 'unauthorized')
  // The signature of one request does not stand in for that of the other.
  const signed = { 'Upload-Metadata': metadata({ signedUrl: 'x' }), ...VISITOR }
  const named = { 'Upload-Length': '9', 'Upload-Metadata': metadata({ filePath: 'a/x.mp4' }) }
  await expectError(await tus('POST', '/tus?sig=x', { ...named, ...VISITOR }), 401, 'unauthorized')
  const reached = await createUpload('a/y.mp4', SIZE)
  await expectError(await tus('GET', reached, signed), 401, 'unauthorized')
  await expectError(await tus('DELETE', reached, signed), 401, 'unauthorized')
  await expectError(await append(reached, 0, mp4(), signed), 401, 'unauthorized')
  expect(await readOffset(reached)).toBe(0)
  const reader = await makeKey({ scopes: ['jobs:read'] })
  await expectError(await create({ filePath: 'a/x.mp4' }, reader.headers), 403, 'forbidden')
  const key = await makeKey({ scopes: ['files:write'], pathPrefix: 'a' })
  await expectError(await create({ filePath: 'ab/x.mp4' }, key.headers), 403, 'forbidden')

  const path = await createUpload('ab/other.mp4', SIZE)
  for (const response of [
    await tus('GET', path, key.headers),
    await append(path, 0, mp4(), key.headers),
    await tus('DELETE', path, key.headers),
  ]) {
    await expectError(response, 404, 'upload_not_found')
  }
  expect(await readOffset(path)).toBe(0)
  const own = await readLocation(await create({ filePath: 'a/x.mp4' }, key.headers))
  expect((await append(own, 0, mp4(), key.headers)).status).toBe(204)
  expect((await env.ORIGINALS.list({ prefix: 'a' })).objects.map(({ key }) => key)).toEqual([
    'a/x.mp4',
  ])
  // The routes of uploads in parts do not reach it.
  const id = path.replace('/tus/', '')
  await expectError(await api('DELETE', `/uploads/${id}`), 404, 'upload_not_found')
  await expectError(await api('PUT', `/uploads/${id}/1`, mp4()), 404, 'upload_not_found')
})

it('charges the quota of the key when the upload is created, and releases what is not stored', async () => {
  const key = await makeKey({ scopes: ['files:write'], maxStoredBytes: 100 })
  await expectError(
    await create({ filePath: 'q/a.mp4' }, key.headers, 101),
    413,
    'storage_cap_reached',
  )
  const path = await readLocation(await create({ filePath: 'q/a.mp4' }, key.headers, 90))
  expect(await storedBytes(key)).toBe(90)
  await expectError(
    await create({ filePath: 'q/b.mp4' }, key.headers, 20),
    413,
    'storage_cap_reached',
  )
  expect((await tus('DELETE', path, key.headers)).status).toBe(204)
  expect(await storedBytes(key)).toBe(0)

  const headers = { ...key.headers, 'Upload-Defer-Length': '1' }
  const own = { 'Upload-Metadata': metadata({ filePath: 'q/c.mp4' }) }
  const deferred = await readLocation(await tus('POST', '/tus', { ...headers, ...own }))
  expect((await append(deferred, 0, mp4(), key.headers)).status).toBe(204)
  expect(await storedBytes(key)).toBe(SIZE)
  const rest = 'x'.repeat(100)
  await expectError(await append(deferred, SIZE, rest, key.headers), 413, 'storage_cap_reached')
  const length = { ...key.headers, 'Upload-Length': String(SIZE) }
  expect((await append(deferred, SIZE, undefined, length)).status).toBe(204)
  expect(await storedBytes(key)).toBe(SIZE)
})

it('lets a visitor with a signed URL upload one file, also after the URL has expired', async () => {
  const signedUrl = await sign({ path: 'visitors/1.mp4', expiresInSeconds: 600, maxBytes: 1_000 })
  await expectError(await create({ signedUrl }, VISITOR, 1_001), 413, 'too_large')
  for (const other of [
    signedUrl.replace('1.mp4', '2.mp4'),
    signedUrl.replace('maxBytes=1000', 'maxBytes=9000'),
    signedUrl.replace('/files/', '/t/'),
    'nonsense',
  ]) {
    await expectError(await create({ signedUrl: other }, VISITOR), 403, 'forbidden')
  }
  const created = await create({ signedUrl, name: 'mine' }, VISITOR)
  const path = await readLocation(created)
  const head = await tus('HEAD', path, VISITOR)
  expect(head.headers.get('Upload-Metadata')).toBe(metadata({ name: 'mine' }))
  await expectError(
    await append(path.replace(/tus_\w{4}/, 'tus_0000'), 0, mp4(), VISITOR),
    403,
    'forbidden',
  )
  await expectError(await append(path.replace(/\?.*/, ''), 0, mp4(), VISITOR), 401, 'unauthorized')
  expect((await append(path, 0, mp4().slice(0, 10), VISITOR)).status).toBe(204)
  expect((await append(path, 10, mp4().slice(10), VISITOR)).status).toBe(204)
  expect((await env.ORIGINALS.head('visitors/1.mp4'))!.size).toBe(SIZE)
})

it('keeps one unfinished upload for a signed URL, and ends with the API key that signed', async () => {
  const key = await makeKey({ scopes: ['files:write'] })
  const signing = await key.call('POST', '/signed-urls', {
    method: 'PUT',
    path: 'visitors/3.mp4',
    expiresInSeconds: 600,
    contentType: 'video/mp4',
  })
  const { url: signedUrl } = await expectJson<{ url: string }>(signing, 201)
  await expectError(await create({ signedUrl }, VISITOR), 415, 'content_mismatch')
  const values = { signedUrl, filetype: 'video/mp4' }
  const first = await readLocation(await create(values, VISITOR))
  const second = await readLocation(await create(values, VISITOR))
  expect((await tus('HEAD', first, VISITOR)).status).toBe(404)
  expect((await tus('HEAD', second, VISITOR)).status).toBe(200)
  await expectJson(await api('DELETE', `/api-keys/${key.id}`), 200)
  await expectError(await append(second, 0, mp4(), VISITOR), 403, 'forbidden')
  expect(await env.ORIGINALS.head('visitors/3.mp4')).toBeNull()
})

it('lets pages of the allowed origins upload', async () => {
  const origin = 'https://app.example.com'
  const settings = { CORS_ORIGINS: origin }
  const preflight = await visitWith(settings, '/tus/tus_1', {
    method: 'OPTIONS',
    headers: { Origin: origin, 'Access-Control-Request-Method': 'PATCH' },
  })
  expect(preflight.headers.get('Access-Control-Allow-Methods')).toContain('PATCH')
  const allowed = preflight.headers.get('Access-Control-Allow-Headers')
  for (const name of ['Tus-Resumable', 'Upload-Offset', 'Upload-Checksum', 'Upload-Metadata']) {
    expect(allowed).toContain(name)
  }
  expect(preflight.headers.get('Tus-Version')).toBe('1.0.0')
  // Also a response that rejects the version must be readable for the page.
  const rejected = await visitWith(settings, '/tus', {
    method: 'POST',
    headers: { ...API_KEY, Origin: origin },
  })
  expect(rejected.status).toBe(412)
  expect(rejected.headers.get('Access-Control-Allow-Origin')).toBe(origin)
  expect(rejected.headers.get('Access-Control-Expose-Headers')).toContain('Upload-Offset')
  const other = await visit('/tus', { method: 'OPTIONS', headers: { Origin: origin } })
  expect(other.headers.get('Access-Control-Allow-Origin')).toBeNull()
})
