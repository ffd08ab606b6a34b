/** R2 objects as HTTP answers: ranges, validators, and answers for what is not there. */
import { errorResult } from '../../domain/result.ts'
import type { Context } from 'hono'
import { contentDigest } from '../../domain/digest.ts'
import { errorResponse } from './errorResponse.ts'

export interface Delivery {
  contentType: string
  cacheControl: string
}

/** Headers that make a browser treat the object as media and as nothing else. */
export function headersOf(object: R2Object, delivery: Delivery): Headers {
  return new Headers({
    'Content-Type': delivery.contentType,
    'Cache-Control': delivery.cacheControl,
    ETag: object.httpEtag,
    'Last-Modified': object.uploaded.toUTCString(),
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
  })
}

/** The part of the object that an R2 answer holds. */
function partOf(object: R2Object): { offset: number; length: number } {
  const { size } = object
  // R2 gives back only the members that it was asked by.
  const { offset, length, suffix } = (object.range ?? {}) as {
    offset?: number
    length?: number
    suffix?: number
  }
  if (suffix !== undefined) {
    const tail = Math.min(suffix, size)
    return { offset: size - tail, length: tail }
  }
  return { offset: offset ?? 0, length: length ?? size - (offset ?? 0) }
}

function bodyAnswer(
  object: R2ObjectBody,
  headers: Headers,
  ranged: boolean,
  body: BodyInit = object.body,
): Response {
  const { offset, length } = partOf(object)
  headers.set('Content-Length', String(ranged ? length : object.size))
  if (ranged) {
    headers.set('Content-Range', `bytes ${offset}-${offset + length - 1}/${object.size}`)
  }
  return new Response(body, { status: ranged ? 206 : 200, headers })
}

/** Only a single byte range is served as one; anything else gets the whole, as RFC 9110 allows. */
const SINGLE_RANGE = /^bytes=(?:\d+-\d*|-\d+)$/

function wantsRange(request: Request, object: R2Object): boolean {
  const range = request.headers.get('Range')
  const ifRange = request.headers.get('If-Range')
  return (
    range !== null && SINGLE_RANGE.test(range) && (ifRange === null || ifRange === object.httpEtag)
  )
}

function satisfiable(range: string, size: number): boolean {
  const [, from, suffix] = /^bytes=(?:(\d+)-\d*|-(\d+))$/.exec(range)!
  if (from === undefined) {
    return Number(suffix) > 0 && size > 0
  }
  const [, to] = range.split('-')
  return Number(from) < size && (to === '' || Number(to) >= Number(from))
}

/** Whether an If-None-Match names `etag`; R2 sees to that itself where it is asked for a body. */
export function namesTag(tags: string | null, etag: string) {
  return (tags ?? '').split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()))
}

/** Serves an object with ranges and conditional requests; null when there is none. */
export async function serveObject(
  c: Context,
  bucket: R2Bucket,
  key: string,
  delivery: Delivery,
): Promise<Response | null> {
  const request = c.req.raw
  const range = request.headers.get('Range')
  let ranged = false
  // A plain read needs no look at the size first.
  if (range !== null || request.method === 'HEAD') {
    const head = await bucket.head(key)
    if (!head) {
      return null
    }
    const headers = headersOf(head, delivery)
    headers.set('Content-Length', String(head.size))
    if (request.method === 'HEAD') {
      const known = namesTag(request.headers.get('If-None-Match'), head.httpEtag)
      return new Response(null, { status: known ? 304 : 200, headers })
    }
    ranged = wantsRange(request, head)
    if (ranged && !satisfiable(range!, head.size)) {
      c.header('Content-Range', `bytes */${head.size}`)
      return errorResponse(
        c,
        errorResult('range_not_satisfiable', `The file has ${head.size} bytes; ask for some.`),
      )
    }
  }
  const object = await bucket.get(key, {
    onlyIf: request.headers,
    ...(ranged && { range: request.headers }),
  })
  if (!object) {
    return null
  }
  const headers = headersOf(object, delivery)
  if ('body' in object) {
    return bodyAnswer(object, headers, ranged)
  }
  const unchanged = request.headers.has('If-None-Match') || request.headers.has('If-Modified-Since')
  return new Response(null, { status: unchanged ? 304 : 412, headers })
}

/** A range of up to this goes out with a digest, for which it has to be in memory whole. */
const MAX_DIGESTED = 8 * 1024 * 1024

/** Reads an original for the attempt that works on it; refused once it is another file. */
export async function readSource(
  c: Context,
  bucket: R2Bucket,
  source: { path: string; etag: string; sizeBytes: number },
) {
  const range = c.req.header('Range')
  const ranged = range !== undefined && SINGLE_RANGE.test(range)
  if (ranged && !satisfiable(range, source.sizeBytes)) {
    c.header('Content-Range', `bytes */${source.sizeBytes}`)
    return errorResponse(
      c,
      errorResult('range_not_satisfiable', `The source has ${source.sizeBytes} bytes.`),
    )
  }
  const object = await bucket.get(source.path, {
    onlyIf: { etagMatches: source.etag },
    ...(ranged && { range: c.req.raw.headers }),
  })
  if (!object || !('body' in object)) {
    return errorResponse(
      c,
      errorResult('source_changed', 'The original was replaced or removed: release the job.'),
    )
  }
  const delivery = { contentType: 'application/octet-stream', cacheControl: 'no-store' }
  const headers = headersOf(object, delivery)
  if (!ranged || partOf(object).length > MAX_DIGESTED) {
    return bodyAnswer(object, headers, ranged)
  }
  const bytes = await object.arrayBuffer()
  headers.set('Content-Digest', contentDigest(await crypto.subtle.digest('SHA-256', bytes)))
  return bodyAnswer(object, headers, ranged, bytes)
}
