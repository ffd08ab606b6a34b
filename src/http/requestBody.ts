/** Limits the size of JSON bodies, and reads the raw body of a request with its size. */
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import type { SizedBody } from '../storage/objectStore.ts'
import { errorResponse } from './responses/errorResponse.ts'

/** A JSON body is held in memory, and parsing it takes CPU time. */
const MAX_JSON_BYTES = 1024 * 1024

/** Rejects a JSON body above MAX_JSON_BYTES, also one without Content-Length. */
export const limitJsonBody = bodyLimit({
  maxSize: MAX_JSON_BYTES,
  onError: (c) => {
    const length = c.req.header('Content-Length')
    const got = length === undefined ? 'got more' : `got ${length}`
    return errorResponse(
      c,
      errorResult('too_large', `A JSON body may have up to ${MAX_JSON_BYTES} bytes (${got}).`),
    )
  },
})

/** Returns a raw body and its size, which object stores need before the upload starts. */
export function readSizedBody(
  c: Context,
): ({ ok: true } & SizedBody) | ErrorResult<'length_required' | 'content_mismatch'> {
  const length = c.req.header('Content-Length')
  if (length === undefined || !/^\d+$/.test(length)) {
    return errorResult(
      'length_required',
      'Content-Length is missing or not a number. Send the file as the raw body with its Content-Length (curl -T does).',
    )
  }
  const { body } = c.req.raw
  if (length === '0' || !body) {
    return errorResult('content_mismatch', 'The file is empty.')
  }
  return { ok: true, body, sizeBytes: Number(length) }
}
