/** What `npm start` changes in the local Worker: rate limits, database, and protocol of URLs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { useForwardedProtocol } from '../../../scripts/start/forwardedProtocol.ts'
import { BOOKMARK_CALL, omitBookmarks } from '../../../scripts/start/localDatabase.ts'
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

it('the local database makes no bookmark after a query', async () => {
  const { D1_PLUGIN } = createRequire(import.meta.url)('miniflare') as typeof import('miniflare')
  const tmpPath = mkdtempSync(join(tmpdir(), 'reelqueue-unit-'))
  onTestFinished(() => rmSync(tmpPath, { recursive: true }))
  const calls = async (plugin: Pick<typeof D1_PLUGIN, 'getServices'>) => {
    const services = await plugin.getServices({
      options: { config: { env: { DB: { type: 'd1', id: 'x' } } }, dev: {} },
      sharedOptions: {},
      tmpPath,
    } as never)
    return JSON.stringify(services).split(BOOKMARK_CALL).length - 1
  }
  expect(await calls(D1_PLUGIN)).toBe(1)
  const changed = { getServices: D1_PLUGIN.getServices.bind(D1_PLUGIN) }
  omitBookmarks(changed)
  expect(await calls(changed)).toBe(0)
})
