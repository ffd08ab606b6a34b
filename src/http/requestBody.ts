/** Reads a request body and its size. Object stores need the size before the upload starts. */
import type { Context } from 'hono'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import type { SizedBody } from '../storage/objectStore.ts'

export function readSizedBody(
  c: Context,
): ({ ok: true } & SizedBody) | ErrorResult<'length_required' | 'content_mismatch'> {
  const length = c.req.header('Content-Length')
  if (length === undefined || !/^\d+$/.test(length)) {
    return errorResult(
      'length_required',
      'Content-Length is missing. Send the file as the raw body with its Content-Length (curl -T does).',
    )
  }
  const { body } = c.req.raw
  if (length === '0' || !body) {
    return errorResult('content_mismatch', 'The file is empty.')
  }
  return { ok: true, body, sizeBytes: Number(length) }
}
