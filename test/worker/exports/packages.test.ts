/** Exports of packages: all files are stored, those that refer to others after them, and each step is bounded. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { countRows } from '../helpers/database.ts'
import {
  beginPackageExport,
  interceptS3,
  openExports,
  quietly,
  randomBytes,
} from '../helpers/exports.ts'
import { digest } from '../helpers/imports.ts'
import { claimJob } from '../helpers/fakeRunner.ts'
import { readJob } from '../helpers/jobs.ts'
import { WAIT } from '../helpers/wait.ts'

const MIB = 1024 * 1024
const MEDIA = ['a_00001.m4s', 'a_init.mp4', 's.vtt', ...segments(3), 'v720_init.mp4']
const PLAYLISTS = ['a.m3u8', 'manifest.mpd', 'v720.m3u8']
const STREAM = [...PLAYLISTS, ...MEDIA, 'master.m3u8']

function segments(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `v720_${String(at + 1).padStart(5, '0')}.m4s`)
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await env.RENDERS.put('out/control.m3u8', 'control')
})
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  expect(await (await env.RENDERS.get('out/control.m3u8'))?.text()).toBe('control')
  await env.DB.prepare('DELETE FROM jobs').run()
  await env.DB.prepare('DELETE FROM exports').run()
})

/** The names of the files in a folder at the destination. */
async function listNames(folder: string): Promise<string[]> {
  const { objects } = await env.RENDERS.list({ prefix: `${folder}/` })
  return objects.map(({ key }) => key.slice(folder.length + 1))
}

/** The names of the files that were sent, in order. */
function sentNames(requests: string[]): string[] {
  return requests.filter((each) => each.startsWith('PUT')).map((each) => each.split('/').at(-1)!)
}

async function expectStored(folder: string, prefix: string, names: string[]): Promise<void> {
  expect(await listNames(folder)).toEqual(names.toSorted())
  for (const name of names) {
    const [made, stored] = await Promise.all([
      env.VARIANTS.get(prefix + name),
      env.RENDERS.get(`${folder}/${name}`),
    ])
    const digests = await Promise.all(
      [made!, stored!].map(async (each) => digest(await each.arrayBuffer())),
    )
    expect(digests[0]).toBe(digests[1])
    expect(stored!.httpMetadata?.contentType).toBe(made!.httpMetadata?.contentType)
  }
}

it('a stream is stored with its segments first, then its playlists, and the master playlist last', async () => {
  const { runAll } = openExports()
  const { id, prefix } = await beginPackageExport('out/stream', { names: STREAM })
  const present = new Map<string, string[]>()
  const requests = interceptS3(async ({ method, url }) => {
    if (method === 'PUT' && !url.pathname.endsWith('.m4s')) {
      present.set(url.pathname.split('/').at(-1)!, await listNames('out/stream'))
    }
    return undefined
  })
  await runAll(id)
  const names = sentNames(requests)
  expect(names.slice(0, MEDIA.length).toSorted()).toEqual(MEDIA.toSorted())
  expect(names.slice(MEDIA.length).toSorted()).toEqual([...PLAYLISTS, 'master.m3u8'].toSorted())
  // At the time of the request, what it refers to is stored.
  for (const playlist of PLAYLISTS) {
    expect(present.get(playlist)).toEqual(expect.arrayContaining(MEDIA))
  }
  expect(present.get('master.m3u8')).toEqual([...MEDIA, ...PLAYLISTS].toSorted())
  await expectStored('out/stream', prefix, STREAM)
  const master = (await env.RENDERS.head('out/stream/master.m3u8'))!
  const { objects } = await env.RENDERS.list({ prefix: 'out/stream/' })
  expect(await readJob(id)).toMatchObject({
    status: 'completed',
    destination: {
      key: 'out/stream/master.m3u8',
      etag: master.etag,
      sizeBytes: objects.reduce((sum, { size }) => sum + size, 0),
      files: STREAM.length,
    },
  })
  expect(await countRows('exports')).toBe(0)
})

it('a storyboard is stored with its images before its index', async () => {
  const { runAll } = openExports()
  const names = ['sprite_001.jpg', 'sprite_002.jpg', 'sprite.vtt']
  const options = { names, transformation: 't_sprite' }
  const { id, prefix } = await beginPackageExport('out/board', options)
  const requests = interceptS3(() => undefined)
  await runAll(id)
  expect(sentNames(requests).at(-1)).toBe('sprite.vtt')
  await expectStored('out/board', prefix, names)
  expect(await readJob(id)).toMatchObject({
    status: 'completed',
    destination: { key: 'out/board/sprite.vtt', files: 3 },
  })
})

it('a playlist is found behind the first page of the listing', async () => {
  const { runAll } = openExports()
  const names = ['w480.m3u8', 'master.m3u8']
  const { id, prefix } = await beginPackageExport('out/pages', { names })
  await Promise.all(segments(260).map((name) => env.VARIANTS.put(prefix + name, '')))
  // As if all segments were stored.
  const progress = { rank: 1, after: '', files: 260, sizeBytes: 0, uploading: null, parts: [] }
  await env.DB.prepare('UPDATE exports SET parts = ?').bind(JSON.stringify(progress)).run()
  const requests = interceptS3(() => undefined)
  await runAll(id)
  expect(sentNames(requests)).toEqual(names)
  expect(await readJob(id)).toMatchObject({ status: 'completed', destination: { files: 262 } })
})

it('a retry of a job whose export was refused stores the whole package', async () => {
  const { runAll } = openExports()
  const { id, prefix } = await beginPackageExport('out/refused', { names: STREAM })
  interceptS3(({ url }) =>
    url.pathname.endsWith('/v720.m3u8') ? new Response('', { status: 403 }) : undefined,
  )
  await runAll(id)
  expect(await readJob(id)).toMatchObject({ status: 'error', errorCode: 'export_refused' })
  expect(await listNames('out/refused')).not.toContain('master.m3u8')
  vi.restoreAllMocks()
  expect((await quietly('POST', `/queue/jobs/${id}/retry`)).status).toBe(200)
  await runAll(id)
  await expectStored('out/refused', prefix, STREAM)
  expect(await readJob(id)).toMatchObject({
    status: 'completed',
    attempt: 1,
    destination: { key: 'out/refused/master.m3u8', files: STREAM.length },
  })
})

it('a long stream takes steps of up to 40 requests, and another step goes on where one was lost', async () => {
  const { step, runAll } = openExports()
  const names = [...PLAYLISTS, ...segments(50), 'master.m3u8']
  const { id, prefix } = await beginPackageExport('out/long', { names })
  const first = interceptS3(() => undefined)
  await step(id)
  expect(first.length).toBeLessThanOrEqual(40)
  expect(sentNames(first).toSorted()).toEqual(segments(16))
  vi.restoreAllMocks()

  // The Worker dies: nothing of this step is recorded after its second group of four files.
  const lost = vi.fn()
  const second = interceptS3(({ method, url }) => {
    if (method === 'PUT' && url.pathname.endsWith('v720_00028.m4s')) {
      lost()
      return new Promise<Response>(() => undefined)
    }
    return undefined
  })
  void step(id)
  await vi.waitFor(() => expect(lost).toHaveBeenCalled(), WAIT)
  await vi.waitFor(() => expect(sentNames(second)).toHaveLength(12), WAIT)
  vi.restoreAllMocks()
  vi.setSystemTime(Date.now() + 151_000)
  const third = interceptS3(() => undefined)
  await runAll(id)
  const sentAgain = sentNames(third).filter((name) => name.startsWith('v720_'))
  expect(sentAgain.toSorted()).toEqual(segments(50).slice(24))
  expect(sentNames(third).at(-1)).toBe('master.m3u8')
  await expectStored('out/long', prefix, names)
  expect(await readJob(id)).toMatchObject({
    status: 'completed',
    destination: { files: names.length },
  })
})

it('a service that fails in the middle is tried again, and nothing is stored before what it names', async () => {
  const { runAll } = openExports()
  const { id, prefix } = await beginPackageExport('out/flaky', { names: STREAM })
  let failures = 3
  const inFlight: string[] = []
  interceptS3(async ({ method, url }) => {
    const name = url.pathname.split('/').at(-1)!
    if (method === 'PUT' && name === 'v720_00002.m4s' && failures-- > 0) {
      return new Response('<Error><Code>SlowDown</Code></Error>', { status: 503 })
    }
    if (method === 'PUT') {
      inFlight.push(name)
    }
    return undefined
  })
  await runAll(id)
  expect(failures).toBe(-1)
  expect(inFlight.at(-1)).toBe('master.m3u8')
  expect(inFlight.filter((name) => name.endsWith('.m3u8') || name.endsWith('.mpd'))).toHaveLength(4)
  await expectStored('out/flaky', prefix, STREAM)
  expect(await readJob(id)).toMatchObject({ status: 'completed', error: null })
})

it('a step ends after all of its requests, also when one of them fails', async () => {
  const { step } = openExports()
  const { id } = await beginPackageExport('out/late', { names: STREAM })
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  let sent = 0
  interceptS3(async ({ method }) => {
    if (method !== 'PUT') {
      return undefined
    }
    sent += 1
    if (sent === 1) {
      return new Response('', { status: 503 })
    }
    await held
    return undefined
  })
  let isOver = false
  const ending = step(id).then(() => (isOver = true))
  await vi.waitFor(() => expect(sent).toBe(4), WAIT)
  const leased = await env.DB.prepare('SELECT leased_until FROM exports').first('leased_until')
  expect([isOver, leased]).toEqual([false, expect.any(Number)])
  expect(leased).toBeGreaterThan(Date.now())
  release()
  await ending
  expect(await env.DB.prepare('SELECT leased_until FROM exports').first('leased_until')).toBe(0)
})

it('a large segment is stored in parts, and continues with the part that is missing', async () => {
  const { runAll } = openExports()
  const large = { 'v720_00002.m4s': randomBytes(9 * MIB) }
  const { id, prefix } = await beginPackageExport('out/large', { names: STREAM, large })
  let isCut = false
  const requests = interceptS3(({ url }) => {
    if (url.searchParams.get('partNumber') === '2' && !isCut) {
      isCut = true
      return Promise.reject<Response>(new Error('Network connection lost.'))
    }
    return undefined
  })
  await runAll(id)
  const parts = requests.map((request) => /partNumber=(\d+)/.exec(request)?.[1]).filter(Boolean)
  expect(parts).toEqual(['1', '2', '2'])
  await expectStored('out/large', prefix, STREAM)
  expect(await readJob(id)).toMatchObject({
    status: 'completed',
    destination: { files: STREAM.length },
  })
})

it('a job that is cancelled in the middle of a large segment leaves no parts and no playlists', async () => {
  const { runAll } = openExports()
  const large = { 'v720_00002.m4s': randomBytes(9 * MIB) }
  const { id } = await beginPackageExport('out/cancelled', { names: STREAM, large })
  const requests = interceptS3(async ({ url }) => {
    if (url.searchParams.get('partNumber') === '2') {
      const cancelled = await quietly('POST', `/queue/jobs/${id}/cancel`, { force: true })
      expect(cancelled.status).toBe(200)
    }
    return undefined
  })
  await runAll(id)
  expect(await readJob(id)).toMatchObject({ status: 'cancelled', destination: { etag: null } })
  expect(requests.at(-1)).toMatch(/^DELETE .*out\/cancelled\/v720_00002\.m4s\?uploadId=/)
  expect(requests.filter((request) => request.startsWith('POST'))).toEqual([
    expect.stringMatching(/uploads=$/),
  ])
  expect(await listNames('out/cancelled')).toEqual([
    'a_00001.m4s',
    'a_init.mp4',
    's.vtt',
    'v720_00001.m4s',
  ])
  expect(await countRows('exports')).toBe(0)
})

it('a package that is deleted in the middle is made again, and is not stored in part', async () => {
  const { runAll } = openExports()
  const { id, prefix } = await beginPackageExport('out/lost', { names: STREAM })
  const requests = interceptS3(async ({ method, url }) => {
    if (method === 'PUT' && url.pathname.endsWith('/a_00001.m4s')) {
      await env.DB.prepare('DELETE FROM variants WHERE job_id = ?').bind(id).run()
      // As the garbage collector does, in rounds: the other files are still there.
      await env.VARIANTS.delete(`${prefix}v720.m3u8`)
    }
    return undefined
  })
  await runAll(id)
  expect(sentNames(requests)).not.toContain('master.m3u8')
  expect(await readJob(id)).toMatchObject({ status: 'pending', stage: null, attempt: 1 })
  expect(await claimJob()).toBeNull()
})
