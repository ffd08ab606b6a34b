/** Sends bodies of known size to an S3-compatible service. */
import type { SizedBody } from '../objectStore.ts'

/** The body is not the one that was announced. */
export class BodyError extends Error {
  readonly reason: 'wrong_size' | 'digest_mismatch'
  constructor(reason: 'wrong_size' | 'digest_mismatch') {
    super(`the body is not as announced: ${reason}`)
    this.reason = reason
  }
}

/** A stream gives chunks of 4 KiB by itself, and JavaScript runs for each of them. */
const CHUNK_BYTES = 256 * 1024

/**
 * Sends a body through a FixedLengthStream, which gives the request its `Content-Length`. The bytes are
 * counted here: if the body has another size, the request fails like one whose connection is lost.
 *
 * @throws BodyError, or the error of the request or of the body
 */
export async function sendSized(
  content: SizedBody,
  send: (body: ReadableStream) => Promise<Response>,
): Promise<Response> {
  const { readable, writable } = new FixedLengthStream(content.sizeBytes)
  const writer = writable.getWriter()
  const pumping = pump(content, writer).then(
    () => null,
    async (error: unknown) => {
      await writer.abort(error).catch(() => undefined)
      return error
    },
  )
  try {
    const response = await send(readable)
    // A service that answers before the end of the body reads no more of it.
    writer.abort().catch(() => undefined)
    return response
  } catch (error) {
    writer.abort().catch(() => undefined)
    const cause = await pumping
    throw cause instanceof BodyError ? cause : error
  }
}

async function pump(
  { body, leading, sizeBytes }: SizedBody,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  let left = sizeBytes
  const write = async (chunk: Uint8Array) => {
    left -= chunk.length
    if (left < 0) {
      throw new BodyError('wrong_size')
    }
    await writer.write(chunk)
  }
  const reader = openReader(body)
  try {
    if (leading) {
      await write(leading)
    }
    for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) {
      await write(chunk)
    }
  } catch (error) {
    reader.cancel()
    throw error
  }
  if (left > 0) {
    throw new BodyError('wrong_size')
  }
  await writer.close()
}

/** Reads large chunks, if the stream is one of bytes. */
function openReader(body: ReadableStream<Uint8Array>) {
  let reader: ReadableStreamBYOBReader | null = null
  try {
    reader = body.getReader({ mode: 'byob' })
  } catch {
    // The stream of a TransformStream is none of bytes.
  }
  if (reader) {
    const byob = reader
    return {
      async read() {
        const { value } = await byob.readAtLeast(CHUNK_BYTES, new Uint8Array(CHUNK_BYTES))
        return value !== undefined && value.length > 0 ? value : null
      },
      cancel: () => void byob.cancel().catch(() => undefined),
    }
  }
  const chunks = body.getReader()
  return {
    async read() {
      const { value, done } = await chunks.read()
      return done ? null : value
    },
    cancel: () => void chunks.cancel().catch(() => undefined),
  }
}
