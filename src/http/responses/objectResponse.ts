/** Serves stored objects over HTTP, with ranges and conditional requests. */
import { quote } from '../../contract/quote.ts'
import { NO_DIGEST } from '../../contract/runnerProtocol.ts'
import { writeCount } from '../../contract/writeCount.ts'
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
import { evaluateConditions, hasConditions, isRangeCurrent } from '../conditions.ts'
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

/** The response if the conditions of a request are not met: 304 or 412. Null if they are met. */
export function conditionalResponse(
  c: Context,
  object: StoredObject,
  delivery: Delivery,
): Response | null {
  switch (evaluateConditions(c.req.raw.headers, object)) {
    case 'met':
      return null
    case 'not_modified':
      return new Response(null, { status: 304, headers: objectHeaders(object, delivery) })
    case 'failed': {
      c.header('ETag', httpEtag(object))
      c.header('Cache-Control', 'no-store')
      return errorResponse(
        c,
        errorResult(
          'precondition_failed',
          `The file does not meet the condition of the request: its ETag is ${httpEtag(object)}, last modified ${object.uploadedAt.toUTCString()}. Read it again without If-Match and If-Unmodified-Since.`,
        ),
      )
    }
  }
}

/** Responds with an object. Returns null if it does not exist. */
export async function serveObject(
  c: Context,
  store: ObjectStore,
  key: string,
  delivery: Delivery,
): Promise<Response | null> {
  const request = c.req.raw
  const { headers } = request
  const isPlain = request.method !== 'HEAD' && !headers.has('Range') && !hasConditions(headers)
  if (isPlain) {
    const found = await store.get(key)
    return found.ok ? bodyResponse(found.object, delivery, null, found.body) : null
  }
  // A loop, because the object can be replaced after its properties are read.
  for (;;) {
    const object = await store.head(key)
    if (!object) {
      return null
    }
    const conditional = conditionalResponse(c, object, delivery)
    if (conditional) {
      return conditional
    }
    if (request.method === 'HEAD') {
      return bodyResponse(object, delivery, null, null)
    }
    const isRangeValid = isRangeCurrent(headers, object)
    const range = isRangeValid ? parseRange(headers.get('Range'), object.sizeBytes) : null
    if (range === 'unsatisfiable') {
      return rangeError(c, 'file', object.sizeBytes)
    }
    const conditions = new Headers({ 'If-Match': httpEtag(object) })
    const found = await store.get(key, { conditions, ...(range && { range }) })
    if (found.ok) {
      return bodyResponse(found.object, delivery, range, found.body)
    }
  }
}

/** Responds with 200 and the whole object, or with 206 and a range of it. */
function bodyResponse(
  object: StoredObject,
  delivery: Delivery,
  range: ByteRange | null,
  body: BodyInit | null,
  digest?: string,
): Response {
  const { sizeBytes } = object
  const headers = objectHeaders(object, delivery)
  if (digest !== undefined) {
    headers.set('Content-Digest', digest)
  }
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
      `Range must select at least one byte of the ${subject}, which has ${writeCount(sizeBytes, 'byte')} (got ${quote(c.req.header('Range') ?? '')}).`,
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
  const delivery = { contentType: 'application/octet-stream', cacheControl: 'no-store' }
  const isDigested = c.req.header('Want-Content-Digest') !== NO_DIGEST
  if (!range || range.length > MAX_DIGESTED_BYTES || !isDigested) {
    return bodyResponse(object, delivery, range, body)
  }
  const bytes = await new Response(body).arrayBuffer()
  const digest = contentDigest(await crypto.subtle.digest('SHA-256', bytes))
  return bodyResponse(object, delivery, range, bytes, digest)
}
