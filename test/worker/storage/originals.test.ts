import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { visit, expectError, expectJson, type ErrorBody } from '../helpers/requests.ts'
import { putOriginal } from '../helpers/jobs.ts'
import { countRows } from '../helpers/database.ts'

const PATH = 'originals/clip.mp4'
const CONTENT = Array.from({ length: 100 }, (_, n) => String(n % 10)).join('')
let etag = ''
beforeAll(async () => {
  etag = (await putOriginal(PATH, CONTENT))!.httpEtag
  await putOriginal('originals/other.mp4', 'another file')
  await putOriginal('originals/empty.mp4', '')
})

function get(headers: HeadersInit = {}, method = 'GET') {
  return visit(`/t/${PATH}`, { method, headers })
}
async function textOf(response: Response) {
  return new TextDecoder().decode(await response.arrayBuffer())
}

it('an original is served completely, with the content type of its extension', async () => {
  const response = await get()
  expect(response.status).toBe(200)
  expect(await textOf(response)).toBe(CONTENT)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'video/mp4',
    'content-length': '100',
    'accept-ranges': 'bytes',
    etag,
    'cache-control': 'public, max-age=300',
    'x-content-type-options': 'nosniff',
  })
  expect(await countRows('jobs')).toBe(0)
})

describe('range requests', () => {
  it.each([
    ['bytes=0-9', 'bytes 0-9/100', CONTENT.slice(0, 10)],
    ['bytes=90-', 'bytes 90-99/100', CONTENT.slice(90)],
    ['bytes=-7', 'bytes 93-99/100', CONTENT.slice(93)],
    ['bytes=95-500', 'bytes 95-99/100', CONTENT.slice(95)],
    ['bytes=-500', 'bytes 0-99/100', CONTENT],
    ['bytes=99-99', 'bytes 99-99/100', CONTENT.slice(99)],
    ['bytes=0-', 'bytes 0-99/100', CONTENT],
    ['Bytes=0-9', 'bytes 0-9/100', CONTENT.slice(0, 10)],
  ])('%s returns 206', async (range, contentRange, content) => {
    const response = await get({ Range: range })
    expect(response.status).toBe(206)
    expect(response.headers.get('Content-Range')).toBe(contentRange)
    expect(response.headers.get('Content-Length')).toBe(String(content.length))
    expect(response.headers.get('ETag')).toBe(etag)
    expect(await textOf(response)).toBe(content)
  })

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=5000-', 'bytes=-0'])(
    '%s returns 416 with the size',
    async (range) => {
      const response = await get({ Range: range })
      expect(response.headers.get('Content-Range')).toBe('bytes */100')
      const { code } = await expectJson<ErrorBody>(response, 416)
      expect(code).toBe('range_not_satisfiable')
    },
  )

  it.each([
    'bytes=0-1,5-6',
    'items=0-9',
    'bytes',
    'bytes=a-b',
    'bytes=9-0',
    'bytes=200-150',
    'bytes=-',
    'bytes=0-9-',
    'bytes=0x1-2',
  ])('%s is ignored, and the whole file is returned', async (range) => {
    const response = await get({ Range: range })
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Range')).toBeNull()
    expect(await textOf(response)).toBe(CONTENT)
  })

  it('of an empty file return 416', async () => {
    const headers = { Range: 'bytes=0-9' }
    expect((await visit('/t/originals/empty.mp4', { headers })).status).toBe(416)
    expect((await visit('/t/originals/empty.mp4')).status).toBe(200)
  })

  it('If-Range with the file’s ETag returns the range, with another the whole file', async () => {
    const range = { Range: 'bytes=0-9' }
    expect((await get({ ...range, 'If-Range': etag })).status).toBe(206)
    const whole = await get({ ...range, 'If-Range': '"another"' })
    expect(whole.status).toBe(200)
    expect(await textOf(whole)).toBe(CONTENT)
    const { uploaded } = (await env.ORIGINALS.head(PATH))!
    const since = (ms: number) => new Date(uploaded.getTime() + ms).toUTCString()
    expect((await get({ ...range, 'If-Range': since(0) })).status).toBe(206)
    expect((await get({ ...range, 'If-Range': since(-60_000) })).status).toBe(200)
    expect((await get({ ...range, 'If-Range': `W/${etag}` })).status).toBe(200)
    // If-Range names another file, so the range is ignored, although it is outside of this one.
    expect((await get({ Range: 'bytes=500-', 'If-Range': '"another"' })).status).toBe(200)
  })
})

describe('conditional requests', () => {
  it.each(['GET', 'HEAD'])('%s with the current ETag returns 304', async (method) => {
    for (const tag of [etag, `"x", ${etag}`, '*', `W/${etag}`, `"x,y" ,W/"z",${etag}`]) {
      const response = await get({ 'If-None-Match': tag }, method)
      expect(response.status).toBe(304)
      expect(response.headers.get('ETag')).toBe(etag)
      expect(await textOf(response)).toBe('')
    }
    // The last is one tag that contains commas.
    for (const tag of ['"another"', 'W/"another"', '""', '"x,*,y"']) {
      expect((await get({ 'If-None-Match': tag }, method)).status).toBe(200)
    }
  })

  it('If-None-Match takes precedence over a range', async () => {
    expect((await get({ 'If-None-Match': etag, Range: 'bytes=0-9' })).status).toBe(304)
    expect((await get({ 'If-None-Match': '"another"', Range: 'bytes=0-9' })).status).toBe(206)
  })

  it.each(['bytes=0-9', 'bytes=500-', 'bytes=9-0'])(
    'conditions take precedence over the range %s',
    async (Range) => {
      expect((await get({ 'If-None-Match': etag, Range })).status).toBe(304)
      expect((await get({ 'If-Match': '"another"', Range })).status).toBe(412)
    },
  )

  it.each(['GET', 'HEAD'])(
    '%s evaluates dates, unless an ETag condition takes their place',
    async (method) => {
      const { uploaded } = (await env.ORIGINALS.head(PATH))!
      const [before, now] = [-60_000, 0].map((ms) =>
        new Date(uploaded.getTime() + ms).toUTCString(),
      ) as [string, string]
      for (const [headers, status] of [
        [{ 'If-Modified-Since': now }, 304],
        [{ 'If-Modified-Since': before }, 200],
        [{ 'If-Modified-Since': 'yesterday' }, 200],
        [{ 'If-Modified-Since': now, 'If-None-Match': '"another"' }, 200],
        [{ 'If-Unmodified-Since': now }, 200],
        [{ 'If-Unmodified-Since': before }, 412],
        [{ 'If-Unmodified-Since': before, 'If-Match': etag }, 200],
        [{ 'If-Match': etag, 'If-None-Match': etag }, 304],
      ] as const) {
        expect((await get(headers, method)).status, JSON.stringify(headers)).toBe(status)
      }
    },
  )

  it('If-Match with another ETag returns 412 with a body and the ETag of the file', async () => {
    for (const tag of ['"another"', `W/${etag}`, '"x,*,y"']) {
      const response = await get({ 'If-Match': tag })
      expect(response.headers.get('ETag')).toBe(etag)
      expect(await expectError(response, 412, 'precondition_failed')).toContain(etag)
    }
    for (const tag of [etag, `"x", ${etag}`, '*']) {
      expect((await get({ 'If-Match': tag })).status).toBe(200)
    }
    expect((await get({ 'If-Match': '"another"' }, 'HEAD')).status).toBe(412)
  })
})

it('HEAD returns the headers of GET without a body', async () => {
  const response = await get({}, 'HEAD')
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'video/mp4',
    'content-length': '100',
    etag,
    'accept-ranges': 'bytes',
  })
  expect(await textOf(response)).toBe('')
})

it('a file that does not exist returns 404 for GET and HEAD', async () => {
  const { code } = await expectJson<ErrorBody>(await visit('/t/originals/none.mp4'), 404)
  expect(code).toBe('file_not_found')
  expect((await visit('/t/originals/none.mp4', { method: 'HEAD' })).status).toBe(404)
})

it('an unknown extension is served as application/octet-stream', async () => {
  await env.ORIGINALS.put('originals/page.html', '<script>alert(1)</script>', {
    httpMetadata: { contentType: 'text/html' },
  })
  const response = await visit('/t/originals/page.html')
  expect(response.headers.get('Content-Type')).toBe('application/octet-stream')
  expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
})
