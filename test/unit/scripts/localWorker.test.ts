/** What `npm start` changes in the local Worker: rate limits, bucket, database, and protocol of URLs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { notifyOfChanges } from '../../../scripts/start/bucketEvents.ts'
import { useForwardedProtocol } from '../../../scripts/start/forwardedProtocol.ts'
import { BOOKMARK_CALL, omitBookmarks } from '../../../scripts/start/localDatabase.ts'
import { DIGESTED_STREAM, digestLargeChunks } from '../../../scripts/start/localStorage.ts'
import type { MiniflarePlugin } from '../../../scripts/start/miniflareSource.ts'
import { countInMemory, createRateLimit } from '../../../scripts/start/rateLimits.ts'

describe('a local rate limit', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000_000 }))
  afterEach(() => void vi.useRealTimers())

  it('accepts up to its limit of requests of each key in a period', async () => {
    const rateLimit = createRateLimit({ limit: 2, period: 10 })
    const send = async (key: string) => (await rateLimit.limit({ key })).success
    expect([await send('a'), await send('a'), await send('a')]).toEqual([true, true, false])
    expect(await send('b')).toBe(true)
    vi.setSystemTime(1_000_000_009_999)
    expect(await send('a')).toBe(false)
    vi.setSystemTime(1_000_000_010_000)
    expect([await send('a'), await send('a'), await send('a')]).toEqual([true, true, false])
  })

  it('replaces the binding for requests, and leaves the others', async () => {
    const seen: unknown[] = []
    const worker = countInMemory(
      { fetch: (_, env: object) => new Response(String(seen.push(env))) as never },
      { READS: { simple: { limit: 1, period: 60 } } },
    )
    const env = { READS: 'of the runtime', DB: 'the database' }
    await worker.fetch!({} as never, env, {} as never)
    await worker.fetch!({} as never, env, {} as never)
    const [first, second] = seen as { READS: RateLimit; DB: string }[]
    expect(first).toBe(second)
    expect(first!.DB).toBe('the database')
    expect(await first!.READS.limit({ key: 'a' })).toEqual({ success: true })
    expect(await first!.READS.limit({ key: 'a' })).toEqual({ success: false })
  })
})

interface RateLimit {
  limit: (options: { key: string }) => Promise<{ success: boolean }>
}

it.each([
  ['https', 'https://host.example:8787/a?b=c'],
  ['HTTPS , http', 'https://host.example:8787/a?b=c'],
  ['http', 'http://host.example:8787/a?b=c'],
  ['javascript', 'http://host.example:8787/a?b=c'],
  [null, 'http://host.example:8787/a?b=c'],
])('behind a proxy that sends X-Forwarded-Proto %s, the URL is %s', async (header, url) => {
  const seen: Request[] = []
  const worker = useForwardedProtocol({
    fetch: (request) => new Response(String(seen.push(request as never))) as never,
  })
  const headers = { 'Last-Event-ID': '7', ...(header !== null && { 'X-Forwarded-Proto': header }) }
  const request = new Request('http://host.example:8787/a?b=c', {
    method: 'POST',
    body: 'the body',
    headers,
  })
  await worker.fetch!(request as never, {}, {} as never)
  const [received] = seen
  expect(received!.url).toBe(url)
  expect([received!.method, received!.headers.get('Last-Event-ID')]).toEqual(['POST', '7'])
  expect(await received!.text()).toBe('the body')
})

describe('the local bucket of the originals', () => {
  const object = { key: 'a.mp4', size: 5, etag: 'e' }
  const upload = { key: 'a.mp4', uploadId: 'u', complete: async () => object }
  /** A bucket whose conditional write fails. */
  const bucket = {
    head: async () => object,
    get: async () => object,
    list: async () => ({ objects: [object] }),
    put: async (_key: string, _body: unknown, options?: object) => (options ? null : object),
    delete: async () => undefined,
    createMultipartUpload: async () => ({ ...upload, uploadPart: () => 1, abort: () => 2 }),
    resumeMultipartUpload: () => ({ ...upload, uploadPart: () => 1, abort: () => 2 }),
  }
  /** The bucket as the Worker has it, while `send` is the queue. */
  async function openBucket(send: (event: object) => Promise<void>): Promise<R2Bucket> {
    const opened = Promise.withResolvers<R2Bucket>()
    const worker = notifyOfChanges({
      fetch: (_: unknown, env: { ORIGINALS: unknown }) => {
        opened.resolve(env.ORIGINALS as R2Bucket)
        return new Response() as never
      },
    } as never)
    const env = { ORIGINALS: bucket, ORIGINALS_BUCKET: 'originals', BUCKET_EVENTS: { send } }
    await worker.fetch!({} as never, env as never, {} as never)
    return opened.promise
  }

  it('sends a notification of each change, in the form of R2, and of nothing else', async () => {
    const sent: object[] = []
    const local = await openBucket(async (event) => void sent.push(event))
    await local.put('a.mp4', 'bytes')
    await (await local.createMultipartUpload('a.mp4')).complete([])
    await local.resumeMultipartUpload('a.mp4', 'u').complete([])
    await local.delete('a.mp4')
    await local.delete(['b.mp4', 'c.mp4'])
    const eventTime = expect.any(String) as string
    const stored = { object: { key: 'a.mp4', size: 5, eTag: 'e' } }
    const event = (action: string, more: object) => ({
      account: 'local',
      bucket: 'originals',
      action,
      eventTime,
      ...more,
    })
    expect(sent).toEqual([
      event('PutObject', stored),
      event('CompleteMultipartUpload', stored),
      event('CompleteMultipartUpload', stored),
      ...['a', 'b', 'c'].map((name) => event('DeleteObject', { object: { key: `${name}.mp4` } })),
    ])
    sent.length = 0
    expect(await local.put('a.mp4', 'bytes', { onlyIf: {} })).toBeNull()
    expect(await local.head('a.mp4')).toBe(object)
    await local.get('a.mp4')
    await local.list()
    await local.resumeMultipartUpload('a.mp4', 'u').abort()
    expect(sent).toEqual([])
  })

  it('stores the file if the notification cannot be sent', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const local = await openBucket(() => Promise.reject(new Error('the queue is full')))
    expect(await local.put('a.mp4', 'bytes')).toBe(object)
    expect(logged).toHaveBeenCalledWith('Error: the queue is full')
    logged.mockRestore()
  })
})

interface R2Upload {
  complete: (parts: unknown[]) => Promise<unknown>
  abort: () => Promise<unknown>
}
interface R2Bucket {
  put: (key: string, body: string, options?: object) => Promise<unknown>
  head: (key: string) => Promise<unknown>
  get: (key: string) => Promise<unknown>
  list: () => Promise<unknown>
  delete: (keys: string | string[]) => Promise<void>
  createMultipartUpload: (key: string) => Promise<R2Upload>
  resumeMultipartUpload: (key: string, id: string) => R2Upload
}

describe('the source of Miniflare', () => {
  const { D1_PLUGIN, R2_PLUGIN } = createRequire(import.meta.url)(
    'miniflare',
  ) as typeof import('miniflare')

  it.each([
    {
      what: 'the local database makes no bookmark after a query',
      plugin: D1_PLUGIN,
      binding: { type: 'd1', id: 'x' },
      text: BOOKMARK_CALL,
      occurrences: 1,
      change: omitBookmarks,
    },
    {
      what: 'the local storage digests large chunks, of objects and of parts',
      plugin: R2_PLUGIN,
      binding: { type: 'r2', name: 'x' },
      text: DIGESTED_STREAM,
      occurrences: 2,
      change: digestLargeChunks,
    },
  ])('is changed: $what', async ({ plugin, binding, text, occurrences, change }) => {
    const tmpPath = mkdtempSync(join(tmpdir(), 'reelqueue-unit-'))
    onTestFinished(() => rmSync(tmpPath, { recursive: true }))
    const count = async ({ getServices }: MiniflarePlugin) => {
      const services = await getServices({
        options: { config: { env: { BINDING: binding } }, dev: {} },
        sharedOptions: {},
        tmpPath,
      } as never)
      return JSON.stringify(services).split(text).length - 1
    }
    const copy = { getServices: plugin.getServices.bind(plugin) }
    expect(await count(copy)).toBe(occurrences)
    change(copy)
    expect(await count(copy)).toBe(0)
  })
})
