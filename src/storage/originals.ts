/** Storing originals: streamed, measured, and checked against their names on the way. */
import { findFileType, OCTET_STREAM } from '../contract/fileTypes.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { findContentProblem, SNIFF_BYTES } from './contentCheck.ts'

export type StoreOutcome<Stored> =
  { ok: true; stored: Stored } | ErrorResult<'content_mismatch' | 'invalid_request'>

/** Reads until at least SNIFF_BYTES are there or the stream ends. */
async function readLeading(reader: ReadableStreamDefaultReader<Uint8Array>) {
  const chunks: Uint8Array[] = []
  let length = 0
  while (length < SNIFF_BYTES) {
    const { done, value } = await reader.read()
    if (done) {
      break
    }
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

interface Incoming {
  body: ReadableStream<Uint8Array>
  sizeBytes: number
}

/**
 * Hands `body`, which is `sizeBytes` long, to `put` once its leading bytes have shown that it is
 * what `path` says. Refused when they do not, or when the body ends early.
 */
export async function putChecked<Stored>(
  path: string,
  { body, sizeBytes }: Incoming,
  put: (body: ReadableStream) => Promise<Stored>,
): Promise<StoreOutcome<Stored>> {
  const reader = body.getReader()
  const leading = await readLeading(reader)
  const mismatch = await findContentProblem(path, leading)
  if (mismatch !== null) {
    await reader.cancel()
    return errorResult('content_mismatch', mismatch)
  }
  // R2 wants the length beforehand, and this stream errs when it is not kept.
  const { readable, writable } = new FixedLengthStream(sizeBytes)
  const copied = copy(leading, reader, body, writable)
  const [stored] = await Promise.allSettled([put(readable), copied])
  if (stored.status === 'fulfilled') {
    return { ok: true, stored: stored.value }
  }
  // The put passes on what broke the stream, which is a TypeError; what R2 itself throws is none.
  if (!(stored.reason instanceof TypeError)) {
    throw stored.reason
  }
  return errorResult(
    'invalid_request',
    `The body did not have the ${sizeBytes} bytes that its Content-Length says. Nothing was stored.`,
  )
}

/**
 * Stores a whole file under `path`, charged to the API key `keyId`. When it is refused, what was there
 * before stays.
 */
export function storeFile(
  bucket: R2Bucket,
  path: string,
  incoming: Incoming,
  keyId: string | null,
): Promise<StoreOutcome<R2Object>> {
  return putChecked(path, incoming, (body) => bucket.put(path, body, metadataOf(path, keyId)))
}

/** Who is charged for an object is said with the object, so that it can always be told from R2 alone. */
const CHARGED_TO = 'reelqueue-key'

export function metadataOf(path: string, keyId: string | null) {
  return {
    httpMetadata: { contentType: findFileType(path)?.contentType ?? OCTET_STREAM },
    ...(keyId !== null && { customMetadata: { [CHARGED_TO]: keyId } }),
  }
}

/** What is under a path, and who is charged for it: nothing and nobody where there is no file. */
export async function readStored(bucket: R2Bucket, path: string): Promise<Stored> {
  const object = await bucket.head(path)
  return {
    keyId: object?.customMetadata?.[CHARGED_TO] ?? null,
    sizeBytes: object?.size ?? 0,
  }
}

export interface Stored {
  keyId: string | null
  sizeBytes: number
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
