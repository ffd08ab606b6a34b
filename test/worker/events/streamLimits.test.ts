/** Maximum numbers of open event streams, and the responses for temporary errors. */
import { env } from 'cloudflare:workers'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeKey } from '../helpers/apiKeys.ts'
import { addQueue } from '../helpers/database.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { api, expectError, expectJson, visit, visitWith } from '../helpers/requests.ts'

const FILE = '?filePath=limits/clip.mp4'
const open: ReadableStreamDefaultReader[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(open.splice(0).map((reader) => reader.cancel()))
})

interface Opened {
  event: string
  data: { code?: string; message?: string }
  retry: number | undefined
  response: Response
  close: () => Promise<void>
}

/** Reads the first message of a stream, and keeps it open. */
async function readFirst(response: Response): Promise<Opened> {
  expect(response.status).toBe(200)
  expect(response.headers.get('Content-Type')).toBe('text/event-stream')
  let retry: number | undefined
  const reader = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ onRetry: (ms) => (retry = ms) }))
    .getReader()
  open.push(reader)
  const { value } = await reader.read()
  const close = () => reader.cancel()
  const data = JSON.parse(value!.data) as Opened['data']
  return { event: value!.event!, data, retry, response, close }
}
async function stream(query: string, headers: Record<string, string> = {}) {
  return readFirst(await visit(`/queue/events${query}`, { headers }))
}
function streamFrom(address: string, query = FILE) {
  return stream(query, { 'CF-Connecting-IP': address })
}

describe('maxStreams of an API key', () => {
  it('is exact for concurrent requests, over all queues and tokens', async () => {
    await addQueue('one')
    const key = await makeKey({ scopes: ['events:read'], maxStreams: 3 })
    const created = await key.call('POST', '/queue/events/token', {})
    const { token } = await expectJson<{ token: string }>(created, 201)
    const streams = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        n % 3 === 0
          ? stream(`?token=${token}`)
          : stream(n % 3 === 1 ? '' : '?queue=one', key.headers),
      ),
    )
    const accepted = streams.filter(({ event }) => event === 'connected')
    const rejected = streams.filter(({ event }) => event === 'unavailable')
    expect([accepted.length, rejected.length]).toEqual([3, 9])
    for (const { data } of rejected) {
      expect(data).toMatchObject({
        code: 'cap_reached',
        message: expect.stringContaining('3 open'),
      })
    }
    // Other keys are not affected, and a closed stream makes room for one.
    expect((await stream('', (await makeKey()).headers)).event).toBe('connected')
    await accepted[0]!.close()
    const again = await vi.waitFor(async () => {
      const opened = await stream('', key.headers)
      expect(opened.event).toBe('connected')
      return opened
    }, 5_000)
    expect((await stream('', key.headers)).event).toBe('unavailable')
    await again.close()
  })

  it('is not used up by rejected requests', async () => {
    const key = await makeKey({ scopes: ['events:read'], maxStreams: 1 })
    for (const query of ['?queue=nowhere', '?jobId=none', '?lastEventId=x']) {
      expect((await key.call('GET', `/queue/events${query}`)).status).toBeGreaterThanOrEqual(400)
    }
    expect((await key.call('HEAD', '/queue/events')).status).toBe(200)
    expect((await stream('', key.headers)).event).toBe('connected')
  })
})

describe('streams of visitors', () => {
  it('are limited by address, an IPv6 /64 counting as one', async () => {
    await putOriginal('limits/clip.mp4')
    const streams = await Promise.all(
      Array.from({ length: 12 }, (_, n) => streamFrom(`2001:db8:7:7:${n}::1`)),
    )
    expect(streams.filter(({ event }) => event === 'connected')).toHaveLength(10)
    const rejected = streams.filter(({ event }) => event === 'unavailable')
    expect(rejected).toHaveLength(2)
    expect(rejected[0]!.data.code).toBe('cap_reached')
    expect((await streamFrom('2001:db8:7:8::1')).event).toBe('connected')
    expect((await stream('', (await makeKey()).headers)).event).toBe('connected')
  })

  it('are limited in total', async () => {
    const settings = { PUBLIC_MAX_STREAMS: '0' }
    const response = visitWith(settings, `/queue/events${FILE}`, {
      headers: { 'CF-Connecting-IP': '203.0.113.77' },
    })
    expect((await readFirst(await response)).data.code).toBe('cap_reached')
    const counts = await Promise.all(
      ['198.51.100.1', '198.51.100.2'].map((address) => streamFrom(address)),
    )
    expect(counts.map(({ event }) => event)).toEqual(['connected', 'connected'])
    const full = visitWith({ PUBLIC_MAX_STREAMS: '2' }, `/queue/events${FILE}`, {
      headers: { 'CF-Connecting-IP': '198.51.100.3' },
    })
    expect((await readFirst(await full)).event).toBe('unavailable')
  })
})

describe('a temporary error', () => {
  it('is sent as a stream with status 200 that ends and has a random reconnection time', async () => {
    const headers = { 'CF-Connecting-IP': '203.0.113.60' }
    const settings = { PUBLIC_MAX_STREAMS: '0' }
    const times = new Set<number>()
    for (let n = 0; n < 8; n++) {
      const response = await visitWith(settings, `/queue/events${FILE}`, { headers })
      expect(response.headers.get('Cache-Control')).toBe('no-cache')
      const text = await response.text()
      const retry = Number(/^retry: (\d+)\nevent: unavailable\ndata: \{.*\}\n\n$/.exec(text)![1])
      expect(retry).toBeGreaterThanOrEqual(10_000)
      expect(retry).toBeLessThanOrEqual(20_000)
      times.add(retry)
    }
    expect(times.size).toBeGreaterThan(1)
  })

  it('can come from the rate limit, the hub or the database', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const headers = { 'CF-Connecting-IP': '203.0.113.61' }
    const none = { limit: () => Promise.resolve({ success: false }) }
    const limited = await visitWith({ READS: none }, `/queue/events${FILE}`, { headers })
    expect((await readFirst(limited)).data.code).toBe('rate_limited')
    const fail = () => {
      throw new Error('overloaded')
    }
    const HUBS = { getByName: () => ({ fetch: fail }) } as unknown as Env['HUBS']
    for (let n = 0; n < 12; n++) {
      const broken = await visitWith({ HUBS }, `/queue/events${FILE}`, { headers })
      // A stream that could not be opened does not count, so the limit is not reached.
      expect((await readFirst(broken)).data.code).toBe('internal')
    }
    await env.DB.prepare('ALTER TABLE queues RENAME TO queues_away').run()
    try {
      const query = `${FILE}&queue=default`
      const failed = await visitWith({}, `/queue/events${query}`, { headers })
      expect((await readFirst(failed)).data.code).toBe('internal')
    } finally {
      await env.DB.prepare('ALTER TABLE queues_away RENAME TO queues').run()
    }
  })

  it('has its own status for clients that accept no event stream', async () => {
    const headers = { 'CF-Connecting-IP': '203.0.113.62' }
    const request = (Accept: string) =>
      visitWith({ PUBLIC_MAX_STREAMS: '0' }, `/queue/events${FILE}`, {
        headers: { ...headers, Accept },
      })
    const rejected = await request('application/json')
    await expectError(rejected, 429, 'cap_reached')
    expect(rejected.headers.get('Retry-After')).toMatch(/^\d+$/)
    for (const accept of ['text/event-stream', '*/*', 'text/*;q=0.5, application/json']) {
      expect((await request(accept)).status).toBe(200)
    }
  })

  it('does not include invalid requests, missing access and invalid settings', async () => {
    expect((await visit('/queue/events')).status).toBe(401)
    expect((await api('GET', '/queue/events?queue=nowhere')).status).toBe(404)
    expect((await api('GET', '/queue/events?lastEventId=x')).status).toBe(400)
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const invalid = await visitWith({ PUBLIC_EVENTS: 'yes' }, `/queue/events${FILE}`)
    await expectError(invalid, 503, 'not_configured')
    expect(logged).toHaveBeenCalled()
  })
})
