/** What the S3 store makes of answers that the S3 API of Miniflare does not give. */
import { afterEach, expect, it, vi } from 'vitest'
import { createS3Store } from '../../../src/storage/s3/store.ts'
import { S3_ORIGINALS } from '../helpers/s3.ts'

const store = createS3Store(S3_ORIGINALS)
const upload = { key: 'a & b.mp4', uploadId: 'an id' }

afterEach(() => vi.restoreAllMocks())

/** Answers the requests of a test in this order. Returns the URLs to which they were sent. */
function answer(...responses: Response[]) {
  const urls: URL[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation((url) => {
    urls.push(new URL(url as string))
    return Promise.resolve(responses.shift()!)
  })
  return urls
}

function page(parts: number[], next: number | null) {
  const items = parts.map(
    (number) =>
      `<Part><PartNumber>${number}</PartNumber><LastModified>2026-11-27T12:00:00.000Z</LastModified><ETag>&quot;etag-${number}&quot;</ETag><Size>${number}00</Size></Part>`,
  )
  return new Response(
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListPartsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><NextPartNumberMarker>${next ?? 0}</NextPartNumberMarker><IsTruncated>${next !== null}</IsTruncated>${items.join('')}</ListPartsResult>`,
  )
}

it('reads all pages of the parts of an upload', async () => {
  const urls = answer(page([1, 2], 2), page([3], null))
  expect(await store.listParts(upload)).toEqual([
    { partNumber: 1, etag: 'etag-1', sizeBytes: 100 },
    { partNumber: 2, etag: 'etag-2', sizeBytes: 200 },
    { partNumber: 3, etag: 'etag-3', sizeBytes: 300 },
  ])
  expect(urls.map((url) => url.searchParams.get('part-number-marker'))).toEqual(['0', '2'])
  expect(urls[0]!.pathname).toContain('/a%20%26%20b.mp4')
})

it('has no parts of an upload that does not exist, or of a service that cannot list them', async () => {
  answer(new Response('', { status: 404 }), new Response('', { status: 501 }))
  expect(await store.listParts(upload)).toBeNull()
  expect(await store.listParts(upload)).toBeNull()
})

it('finds the error of a completion that follows a status of 200', async () => {
  const error = '<Error><Code>InternalError</Code><Message>Try again</Message></Error>'
  answer(new Response(`\n\n ${error}`))
  const completed = store.completeMultipartUpload(upload, [{ partNumber: 1, etag: 'x' }])
  await expect(completed).rejects.toThrow('InternalError')
})

it('returns a completed object only if its etag is that of the completion', async () => {
  const completed = () => new Response('<Result><ETag>&quot;mine-2&quot;</ETag></Result>')
  const object = (etag: string) =>
    new Response(null, { headers: { ETag: `"${etag}"`, 'Content-Length': '10' } })
  const parts = [{ partNumber: 1, etag: 'x' }]
  answer(completed(), object('mine-2'))
  expect(await store.completeMultipartUpload(upload, parts)).toMatchObject({
    ok: true,
    object: { etag: 'mine-2', sizeBytes: 10 },
  })
  for (const other of [object('other'), new Response(null, { status: 404 })]) {
    answer(completed(), other)
    const result = await store.completeMultipartUpload(upload, parts)
    expect(result).toEqual({ ok: false, reason: 'replaced', etag: 'mine-2' })
  }
  answer(new Response('<Result></Result>'))
  await expect(store.completeMultipartUpload(upload, parts)).rejects.toThrow('no ETag')
})

it('throws for a response without a length, and accepts no compression', async () => {
  answer(new Response(null), new Response(new Blob(['x']).stream()))
  await expect(store.head('a.mp4')).rejects.toThrow('no Content-Length')
  await expect(store.get('a.mp4')).rejects.toThrow('no Content-Length')
  for (const [, init] of vi.mocked(fetch).mock.calls) {
    const headers = new Headers(init!.headers)
    expect(headers.get('Accept-Encoding')).toBe('identity')
    expect(headers.get('Authorization')).not.toContain('accept-encoding')
  }
})

it('throws for a bucket that does not exist, and follows no redirect', async () => {
  const headers = { Location: 'http://169.254.169.254/' }
  answer(
    new Response('<Error><Code>NoSuchBucket</Code></Error>', { status: 404 }),
    new Response('', { status: 307, headers }),
  )
  await expect(store.get('a.mp4')).rejects.toThrow('NoSuchBucket')
  await expect(store.get('a.mp4')).rejects.toThrow('307')
  expect(vi.mocked(fetch).mock.lastCall![1]).toMatchObject({ redirect: 'manual' })
})

it('aborts a request with a streamed body after the time that it may take', async () => {
  const signals: AbortSignal[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation((_url, init) => {
    const signal = init!.signal!
    signals.push(signal)
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error)),
    )
  })
  const content = { body: new Blob(['x']).stream(), sizeBytes: 1 }
  const put = createS3Store(S3_ORIGINALS, 50).put('a.mp4', content, { contentType: 'video/mp4' })
  await expect(put).rejects.toThrow('no response within 0.05 s')
  expect(signals).toHaveLength(1)
})
