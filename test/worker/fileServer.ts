/**
 * The file server of the tests, in Node.js: every host below `files.example.com`. The query of a URL says what it does;
 * each URL has a state of its own. `GET https://log.example.com/?url=…` returns the requests for a URL.
 */
import { Response } from 'miniflare'
import { makeRemoteFile } from './helpers/remoteFile.ts'

interface Request {
  url: string
  headers: Iterable<[string, string]>
}

/** The headers of the requests for each URL. */
const log = new Map<string, Record<string, string>[]>()

export function respondWithLog({ url }: Request): Response {
  return Response.json(log.get(new URL(url).searchParams.get('url')!) ?? [])
}

export function respondAsFileServer(request: Request): Response {
  const requests = log.get(request.url) ?? []
  const headers = Object.fromEntries(request.headers)
  log.set(request.url, [...requests, headers])
  const { searchParams: query } = new URL(request.url)
  const number = requests.length + 1

  const redirect = query.get('redirect')
  if (redirect !== null) {
    return new Response(null, { status: 302, headers: { Location: redirect } })
  }
  // `status=503` for all requests, or `status=503:2` for the first two.
  const [status, failures = Infinity] = (query.get('status') ?? '').split(':').map(Number)
  if (status && number <= failures) {
    const retryAfter = query.get('retryAfter')
    return new Response('an error', {
      status,
      headers: retryAfter ? { 'Retry-After': retryAfter } : {},
    })
  }
  const token = query.get('token')
  if (token !== null && headers['authorization'] !== token) {
    return new Response('no access', { status: 403 })
  }
  if (query.has('html')) {
    return new Response('<!doctype html><p>Sign in</p>', {
      headers: { 'Content-Type': query.get('type') ?? 'text/html' },
    })
  }
  // `change=2,4`: a new version with these requests.
  const version =
    1 + (query.get('change') ?? '').split(',').filter((at) => at && Number(at) <= number).length
  const file = makeRemoteFile(Number(query.get('size') ?? 50_000), version)
  return sendFile(file, `"v${version}"`, query, headers, number)
}

function sendFile(
  file: Uint8Array<ArrayBuffer>,
  strongEtag: string,
  query: URLSearchParams,
  headers: Record<string, string>,
  number: number,
): Response {
  const etag = { none: null, weak: `W/${strongEtag}` }[query.get('etag') ?? ''] ?? strongEtag
  const answer: Record<string, string> = { 'Content-Type': 'video/mp4' }
  if (query.get('etag') !== 'none') {
    answer['ETag'] = etag
  }
  if (headers['if-none-match'] === etag) {
    return new Response(null, { status: 304, headers: answer })
  }
  // `short=1000`: no range is longer, also if the whole file is requested.
  const short = Number(query.get('short') ?? Infinity)
  const range = headers['range'] ?? (query.has('short') ? 'bytes=0-99999999' : '')
  const match = /^bytes=(\d+)-(\d+)$/.exec(range)
  const ignoresRange =
    query.has('noRanges') ||
    (headers['if-range'] !== undefined && headers['if-range'] !== etag && !query.has('noIfRange'))
  if (!match || ignoresRange) {
    const length = query.has('noLength') ? {} : { 'Content-Length': String(file.length) }
    return new Response(sendBytes(file, query, number), { headers: { ...answer, ...length } })
  }
  const start = Number(match[1])
  const end = Math.min(Number(match[2]), file.length - 1, start + short - 1)
  return new Response(sendBytes(file.subarray(start, end + 1), query, number), {
    status: 206,
    headers: {
      ...answer,
      'Content-Length': String(end + 1 - start),
      'Content-Range': `bytes ${start}-${end}/${file.length}`,
    },
  })
}

/** `cut=2:7000000`: the second request is cut after these bytes; `cut=all:10` cuts every one. */
function sendBytes(bytes: Uint8Array, query: URLSearchParams, number: number) {
  const [cutNumber, cutAfter] = (query.get('cut') ?? '').split(':')
  const isCut = cutNumber === 'all' || Number(cutNumber) === number
  const limit = isCut ? Math.min(Number(cutAfter), bytes.length) : bytes.length
  let position = 0
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (position >= limit) {
        return isCut ? controller.error(new Error('cut')) : controller.close()
      }
      const next = Math.min(position + 65_536, limit)
      controller.enqueue(bytes.subarray(position, next))
      position = next
    },
  })
}
