/** The client against a `fetch` that returns what a test needs. */
import { expect, it } from 'vitest'
import {
  type ClientOptions,
  createClient,
  ReelqueueError,
  transform,
} from '../../../src/client/index.ts'
import { parseTransformation } from '../../../src/domain/transformation/parse.ts'
import { writeTransformation } from '../../../src/domain/transformation/write.ts'

interface Sent {
  url: string
  headers: Record<string, string>
  credentials?: RequestInit['credentials']
}

/** A client whose requests are recorded, and answered by the responses in turn. */
function clientWith(...responses: Response[]) {
  return clientOf({}, responses)
}
function clientOf(options: ClientOptions, responses: Response[]) {
  const sent: Sent[] = []
  const client = createClient({
    url: 'http://service/',
    apiKey: 'rq_key',
    ...options,
    fetch: (url, init) => {
      const { headers, credentials } = init!
      const recorded = { url: url as string, headers: headers as Record<string, string> }
      sent.push({ ...recorded, ...(credentials && { credentials }) })
      const response = responses.shift()
      return response ? Promise.resolve(response) : Promise.reject(new TypeError('refused'))
    },
  })
  return { client, sent }
}

function eventStream(text: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'text/event-stream' } })
}

it('a builder writes the text that the service reads, in the canonical order', () => {
  const built = transform()
    .format('webm')
    .width(640)
    .append(['intro/a.mp4', 'b.mp4'])
    .watermark('logos/x.png')
  expect(String(built)).toBe('w_640,cat_intro:a.mp4+b.mp4,wm_logos:x.png,f_webm')
  expect(writeTransformation(parseTransformation(String(built)))).toBe(String(built))
  expect(JSON.parse(JSON.stringify({ built }))).toEqual({
    built: {
      format: 'webm',
      width: 640,
      append: ['intro/a.mp4', 'b.mp4'],
      watermark: 'logos/x.png',
    },
  })
})

it('the URL of a variant is percent-encoded, except for slashes and separators', () => {
  const { client } = clientWith()
  expect(client.variants.url('my videos/ä#.mp4', transform().width(640).quality(60))).toBe(
    'http://service/t/w_640,q_60/my%20videos/%C3%A4%23.mp4',
  )
})

it('events continue after the last one when the connection ends', async () => {
  const data = '{"jobId":"job_1","filePath":"a.mp4","status":"running"}'
  const { client, sent } = clientWith(
    eventStream('event: connected\ndata: {"clientId":"c"}\nid: 7\nretry: 1\n\n'),
    eventStream(
      `event: heartbeat\ndata: {"timestamp":1}\n\nevent: job:started\ndata: ${data}\nid: 8\n\n`,
    ),
    Response.json({ code: 'unauthorized', message: 'No.', requestId: 'r' }, { status: 401 }),
  )
  const received: string[] = []
  const reading = (async () => {
    for await (const { event } of client.events({ queue: 'default' })) {
      received.push(event)
    }
  })()
  await expect(reading).rejects.toMatchObject({ status: 401, code: 'unauthorized' })
  expect(received).toEqual(['connected', 'job:started'])
  expect(sent.map(({ headers }) => headers['Last-Event-ID'])).toEqual([undefined, '7', '8'])
  expect(sent[0]).toMatchObject({
    url: 'http://service/queue/events?queue=default',
    headers: { Authorization: 'Bearer rq_key' },
  })
})

it('pages are read until the last one', async () => {
  const { client, sent } = clientWith(
    Response.json({ jobs: [{ id: 'job_1' }], nextCursor: 'next' }),
    Response.json({ jobs: [{ id: 'job_2' }], nextCursor: null }),
  )
  const ids: string[] = []
  for await (const { id } of client.jobs.all({ status: 'error' })) {
    ids.push(id)
  }
  expect(ids).toEqual(['job_1', 'job_2'])
  expect(sent.map(({ url }) => url)).toEqual([
    'http://service/queue/jobs?status=error',
    'http://service/queue/jobs?status=error&cursor=next',
  ])
})

it('cookies are sent to the service only, and not to a bucket', async () => {
  const urls = ['http://service/files/a.mp4?signature=s', 'https://bucket.example/a.mp4']
  const answers = Array.from({ length: 3 }, () => Response.json({}))
  const { client, sent } = clientOf({ credentials: 'include' }, answers)
  await client.stats()
  for (const url of urls) {
    await client.files.uploadToUrl(url, 'content')
  }
  expect(sent.map(({ credentials }) => credentials)).toEqual(['include', 'include', 'same-origin'])
})

it('a time to retry after that is a date is unknown', async () => {
  const headers = { 'Retry-After': 'Fri, 27 Nov 2026 12:00:00 GMT' }
  const { client } = clientWith(new Response('', { status: 503, headers }))
  const failed = await client.stats().catch((error: unknown) => error)
  expect(failed).toMatchObject({ status: 503, retryAfterSeconds: null })
})

it('every failure of a request is one class of error', async () => {
  const body = { code: 'rate_limited', message: 'Too many.', requestId: 'r1' }
  const { client } = clientWith(
    Response.json(body, { status: 429, headers: { 'Retry-After': '7' } }),
    new Response('<html>', { status: 502 }),
  )
  const errors = [
    await client.stats().catch((error: unknown) => error),
    await client.stats().catch((error: unknown) => error),
    await client.stats().catch((error: unknown) => error),
  ]
  expect(errors.every((error) => error instanceof ReelqueueError && error.isTemporary)).toBe(true)
  expect(errors).toMatchObject([
    { status: 429, code: 'rate_limited', requestId: 'r1', retryAfterSeconds: 7 },
    { status: 502, code: 'invalid_response' },
    { status: 0, code: 'network_error' },
  ])
})

it.for(['video.example.com', '127.0.0.1:8787', 'ws://video.example.com'])(
  'the address %s is rejected before a request',
  (url) => {
    expect(() => createClient({ url })).toThrow(
      `url must begin with http:// or https:// (got "${url}").`,
    )
  },
)

it.for(['', '/', '/video', 'http://service', 'HTTPS://service/'])(
  'the address "%s" is accepted',
  (url) => {
    expect(createClient({ url }).url).toBe(url.replace(/\/$/, ''))
  },
)
