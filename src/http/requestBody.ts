/** Bodies whose length is told beforehand, as R2 needs it. */
import type { Context } from 'hono'
import { type ErrorResult, errorResult } from '../domain/result.ts'

/** The raw body and its length in bytes. */
export function contentLength(
  c: Context,
):
  | { ok: true; body: ReadableStream<Uint8Array>; sizeBytes: number }
  | ErrorResult<'length_required' | 'content_mismatch'> {
  const length = c.req.header('Content-Length')
  if (length === undefined || !/^\d+$/.test(length)) {
    return errorResult(
      'length_required',
      'Send the file as the raw body with its Content-Length (curl -T does).',
    )
  }
  const { body } = c.req.raw
  if (length === '0' || !body) {
    return errorResult('content_mismatch', 'The file is empty.')
  }
  return { ok: true, body, sizeBytes: Number(length) }
}
