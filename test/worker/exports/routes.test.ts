/** `destination` of `POST /queue/jobs`: what requests may say, and who may send them. */
import { env } from 'cloudflare:workers'
import { afterEach, expect, it } from 'vitest'
import { makeKey } from '../helpers/apiKeys.ts'
import { countRows } from '../helpers/database.ts'
import { createOne, putOriginal } from '../helpers/jobs.ts'
import { api, expectError, expectJson } from '../helpers/requests.ts'

afterEach(() => env.DB.prepare('DELETE FROM jobs').run())

async function post(
  destination: unknown,
  fields: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) {
  await putOriginal('videos/a.b.mp4')
  const body = { filePath: 'videos/a.b.mp4', transformations: ['w_640'], destination, ...fields }
  return api('POST', '/queue/jobs', body, headers)
}

it.each([
  [{ credential: 'renders' }, 'out/w_640/videos/a.b.mp4'],
  [{ credential: 'renders', prefix: 'out/2026/' }, 'out/2026/w_640/videos/a.b.mp4'],
  [{ credential: 'renders', key: 'out/film.mp4' }, 'out/film.mp4'],
  [{ credential: 'renders', bucket: 'reelqueue-renders', key: 'out/é & b.mp4' }, 'out/é & b.mp4'],
])('%j is the object %s', async (destination, key) => {
  const { jobs } = await expectJson<{ jobs: unknown[] }>(await post(destination), 202)
  const bucket = 'reelqueue-renders'
  const stored = { credential: 'renders', bucket, key, etag: null, sizeBytes: null, files: null }
  expect(jobs).toMatchObject([{ destination: stored, deduplicated: false }])
  const again = await expectJson<{ jobs: unknown[] }>(await post(destination), 202)
  expect(again.jobs).toMatchObject([{ destination: stored, deduplicated: true }])
})

it.each([
  ['a credential that does not exist', { credential: 'absent' }, 'forbidden', 'There is no cred'],
  ['one that may only read', { credential: 'archive' }, 'forbidden', 'may only read. To write'],
  ['another bucket', { credential: 'renders', bucket: 'b' }, 'invalid_request', 'is not for the'],
  [
    'a key outside of its prefix',
    { credential: 'renders', key: 'a.mp4' },
    'forbidden',
    'may only write keys that begin with "out/" (got "a.mp4")',
  ],
  ['a prefix outside', { credential: 'renders', prefix: 'a/' }, 'forbidden', 'begin with "out/"'],
  [
    'a prefix that leads out',
    { credential: 'renders', prefix: 'out/../../other/' },
    'invalid_request',
    'the segment ".." is not allowed',
  ],
  [
    'a prefix with a control character',
    { credential: 'renders', prefix: 'out/\n' },
    'invalid_request',
    'a control character',
  ],
  [
    'a key that leads out',
    { credential: 'renders', key: 'out/../a.mp4' },
    'invalid_path',
    'destination.key: Not a storage path: the segment ".."',
  ],
  [
    'a key that is too long',
    { credential: 'renders', key: `out/${'long/'.repeat(210)}a.mp4` },
    'invalid_path',
    'longer than 1024 bytes',
  ],
  [
    'a key and a prefix',
    { credential: 'renders', key: 'out/a.mp4', prefix: 'out/' },
    'invalid_request',
    'Name either key',
  ],
  ['no credential', { key: 'out/a.mp4' }, 'invalid_request', 'destination.credential'],
])('%s is refused', async (_case, destination, code, message) => {
  const response = await post(destination)
  expect(await expectError(response, code === 'forbidden' ? 403 : 400, code)).toContain(message)
  expect(await countRows('jobs')).toBe(0)
})

it.each([
  [{ credential: 'renders' }, 'f_hls', 'out/f_hls/videos/a.b.mp4/master.m3u8'],
  [
    { credential: 'renders', prefix: 'out/2026/' },
    't_sprite',
    expect.stringMatching(/^out\/2026\/[^/]*t_sprite[^/]*\/videos\/a\.b\.mp4\/sprite\.vtt$/),
  ],
  [{ credential: 'renders', key: 'out/film' }, 'f_dash', 'out/film/master.m3u8'],
])('of a package, %j is a folder: %s has the key %s', async (destination, variant, key) => {
  const { jobs } = await expectJson<{ jobs: unknown[] }>(
    await post(destination, { transformations: [variant] }),
    202,
  )
  expect(jobs).toMatchObject([{ destination: { key, files: null } }])
})

it.each([
  // The key of the first file begins with the prefix, but those of the others do not.
  ['beside the prefix', { credential: 'narrow', key: 'out/film' }, 'forbidden', 'may only write'],
  [
    'with a long name',
    { credential: 'renders', key: `out/${'long/'.repeat(195)}film` },
    'invalid_request',
    'is too long for the names of the files',
  ],
])('a folder %s is refused for a package', async (_case, destination, code, message) => {
  const response = await post(destination, { transformations: ['f_hls'] })
  expect(await expectError(response, code === 'forbidden' ? 403 : 400, code)).toContain(message)
  expect(await countRows('jobs')).toBe(0)
})

it('a key of one object for two variants is refused', async () => {
  const two = { transformations: ['w_640', 'w_320'] }
  const oneKey = await post({ credential: 'renders', key: 'out/a.mp4' }, two)
  expect(await expectError(oneKey, 400, 'invalid_request')).toContain('the request has 2 variants')
  expect(await countRows('jobs')).toBe(0)
})

it('a caller needs the scope files:write, and a restricted key must be listed', async () => {
  const writer = await makeKey({ scopes: ['jobs:write'] })
  const destination = { credential: 'renders' }
  const denied = await post(destination, {}, writer.headers)
  expect(await expectError(denied, 403, 'forbidden')).toContain('files:write')
  const restricted = await makeKey({
    scopes: ['jobs:write', 'files:write'],
    pathPrefix: 'videos/',
  })
  const unlisted = await post(destination, {}, restricted.headers)
  expect(await expectError(unlisted, 403, 'forbidden')).toContain('There is no credential')
  expect(await countRows('jobs')).toBe(0)
  const free = await makeKey({ scopes: ['jobs:write', 'files:write'] })
  expect((await post(destination, {}, free.headers)).status).toBe(202)
})

it('a variant that is being made for another destination is not exported in silence', async () => {
  const control = await createOne('videos/a.b.mp4', 'w_640')
  const both = { transformations: ['w_320', 'w_640'] }
  const headers = { 'Idempotency-Key': 'elsewhere' }
  const busy = await post({ credential: 'renders' }, both, headers)
  expect(await expectError(busy, 409, 'variant_busy')).toContain('"w_640" has a job with another')
  expect(await countRows('jobs')).toBe(1)
  expect(await countRows('idempotency_keys')).toBe(0)
  await api('POST', `/queue/jobs/${control.id}/cancel`)
  expect((await post({ credential: 'renders' }, both, headers)).status).toBe(202)
  // A request without a destination gets the job that has one.
  const joined = await expectJson<{ jobs: unknown[] }>(await post(undefined), 202)
  expect(joined.jobs).toMatchObject([
    { deduplicated: true, destination: { credential: 'renders' } },
  ])
})
