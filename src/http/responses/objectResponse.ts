/** Serves stored objects over HTTP, with ranges and conditional requests. */
import type { Context } from 'hono'
import { contentDigest } from '../../domain/digest.ts'
import { errorResult } from '../../domain/result.ts'
import {
  type ByteRange,
  httpEtag,
  type ObjectStore,
  type StoredObject,
} from '../../storage/objectStore.ts'
import { parseRange } from '../byteRange.ts'
import { errorResponse } from './errorResponse.ts'

export interface Delivery {
  contentType: string
  cacheControl: string
}

/**
 * Returns the headers of an object. `nosniff` keeps browsers from interpreting media as another
 * type.
 */
export function objectHeaders(object: StoredObject, delivery: Delivery): Headers {
  return new Headers({
    'Content-Type': delivery.contentType,
    'Cache-Control': delivery.cacheControl,
    ETag: httpEtag(object),
    'Last-Modified': object.uploadedAt.toUTCString(),
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
  })
}

/** Evaluates `If-None-Match` where the store does not evaluate the conditions of the request. */
export function matchesEtag(ifNoneMatch: string | null, object: StoredObject) {
  const etag = httpEtag(object)
  return (ifNoneMatch ?? '').split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()))
}

/** Responds with an object. Returns null if it does not exist. */
export async function serveObject(
  c: Context,
  store: ObjectStore,
  key: string,
  delivery: Delivery,
): Promise<Response | null> {
  const request = c.req.raw
  const range = request.headers.get('Range')
  if (request.method !== 'HEAD' && range === null) {
    return readObject(request, store, key, { delivery, range: null })
  }
  const object = await store.head(key)
  if (!object) {
    return null
  }
  if (request.method === 'HEAD') {
    const headers = objectHeaders(object, delivery)
    headers.set('Content-Length', String(object.sizeBytes))
    const isUnchanged = matchesEtag(request.headers.get('If-None-Match'), object)
    return new Response(null, { status: isUnchanged ? 304 : 200, headers })
  }
  const ifRange = request.headers.get('If-Range')
  const isCurrent = ifRange === null || ifRange === httpEtag(object)
  const wanted = isCurrent ? parseRange(range, object.sizeBytes) : null
  if (wanted === 'unsatisfiable') {
    return rangeError(c, 'file', object.sizeBytes)
  }
  return readObject(request, store, key, { delivery, range: wanted })
}

async function readObject(
  request: Request,
  store: ObjectStore,
  key: string,
  { delivery, range }: { delivery: Delivery; range: ByteRange | null },
): Promise<Response | null> {
  const found = await store.get(key, { conditions: request.headers, ...(range && { range }) })
  if (found.ok) {
    const headers = objectHeaders(found.object, delivery)
    return bodyResponse(found.object, headers, range && found.range, found.body)
  }
  if (found.reason === 'not_found') {
    return null
  }
  const isUnchanged =
    request.headers.has('If-None-Match') || request.headers.has('If-Modified-Since')
  return new Response(null, {
    status: isUnchanged ? 304 : 412,
    headers: objectHeaders(found.object, delivery),
  })
}

/** Responds with 200 and the whole object, or with 206 and a range of it. */
function bodyResponse(
  { sizeBytes }: StoredObject,
  headers: Headers,
  range: ByteRange | null,
  body: BodyInit,
): Response {
  headers.set('Content-Length', String(range ? range.length : sizeBytes))
  if (range) {
    const { offset, length } = range
    headers.set('Content-Range', `bytes ${offset}-${offset + length - 1}/${sizeBytes}`)
  }
  return new Response(body, { status: range ? 206 : 200, headers })
}

function rangeError(c: Context, subject: string, sizeBytes: number) {
  c.header('Content-Range', `bytes */${sizeBytes}`)
  return errorResponse(
    c,
    errorResult(
      'range_not_satisfiable',
      `Range must select at least one byte of the ${subject}, which has ${sizeBytes} bytes (got "${c.req.header('Range')}").`,
    ),
  )
}

/**
 * Ranges up to this size are held in memory, because the digest is sent in a header before the
 * body.
 */
const MAX_DIGESTED_BYTES = 8 * 1024 * 1024

/** Responds with a source file of a running attempt, or with 412 if it was replaced or deleted. */
export async function serveSource(
  c: Context,
  store: ObjectStore,
  source: { path: string; etag: string; sizeBytes: number },
) {
  const range = parseRange(c.req.header('Range'), source.sizeBytes)
  if (range === 'unsatisfiable') {
    return rangeError(c, 'source', source.sizeBytes)
  }
  const conditions = new Headers({ 'If-Match': httpEtag(source) })
  const found = await store.get(source.path, { conditions, ...(range && { range }) })
  if (!found.ok) {
    return errorResponse(
      c,
      errorResult('source_changed', 'The source was replaced or deleted. Release the job.'),
    )
  }
  const { object, body } = found
  const headers = objectHeaders(object, {
    contentType: 'application/octet-stream',
    cacheControl: 'no-store',
  })
  if (!range || range.length > MAX_DIGESTED_BYTES) {
    return bodyResponse(object, headers, range, body)
  }
  const bytes = await new Response(body).arrayBuffer()
  headers.set('Content-Digest', contentDigest(await crypto.subtle.digest('SHA-256', bytes)))
  return bodyResponse(object, headers, range, bytes)
}
