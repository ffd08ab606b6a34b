/** Storing originals: streamed, measured, and checked against their names on the way. */
import { contentTypeOf, extensionOf } from '../domain/contentType.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { contentProblem, SNIFF_BYTES } from './sniff.ts'

export type StoreOutcome =
  { ok: true; object: R2Object } | Refusal<'content_mismatch' | 'invalid_request'>

/** Reads until at least SNIFF_BYTES are there or the stream ends. */
async function readLeading(reader: ReadableStreamDefaultReader<Uint8Array>) {
  const chunks: Uint8Array[] = []
  let length = 0
  while (length < SNIFF_BYTES) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    length += value.length
  }
  const leading = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    leading.set(chunk, offset)
    offset += chunk.length
  }
  return leading
}

/**
 * Stores `body`, which is `sizeBytes` long, under `path`. Nothing is stored when the content does
 * not match the name or ends early: what was there before stays.
 */
export async function storeFile(
  bucket: R2Bucket,
  path: string,
  body: ReadableStream<Uint8Array>,
  sizeBytes: number,
): Promise<StoreOutcome> {
  const reader = body.getReader()
  const leading = await readLeading(reader)
  const mismatch = await contentProblem(path, leading)
  if (mismatch !== null) {
    await reader.cancel()
    return refuse('content_mismatch', mismatch)
  }
  // R2 wants the length beforehand, and this stream errs when it is not kept.
  const { readable, writable } = new FixedLengthStream(sizeBytes)
  const put = bucket.put(path, readable, {
    httpMetadata: { contentType: contentTypeOf(extensionOf(path)!) },
  })
  const [stored] = await Promise.allSettled([put, copy(leading, reader, body, writable)])
  if (stored.status === 'fulfilled') return { ok: true, object: stored.value }
  // The put passes on what broke the stream, which is a TypeError; what R2 itself throws is none.
  if (!(stored.reason instanceof TypeError)) throw stored.reason
  return refuse(
    'invalid_request',
    `The body did not have the ${sizeBytes} bytes that its Content-Length says. Nothing was stored.`,
  )
}

async function copy(
  leading: Uint8Array,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
) {
  const writer = writable.getWriter()
  await writer.write(leading)
  writer.releaseLock()
  reader.releaseLock()
  await body.pipeTo(writable)
}
