/** Uploads a part, and computes its digest while it is streamed. */
import { contentDigest } from '../domain/digest.ts'
import type {
  MultipartUpload,
  ObjectStore,
  SizedBody,
  StoreFailure,
  UploadedPart,
} from './objectStore.ts'

/**
 * Size of the chunks that are digested. A stream gives chunks of 4 KiB by itself, and JavaScript that
 * runs for each of them takes most of the time of an upload.
 */
const CHUNK_BYTES = 256 * 1024

/** @returns `digest` in the form of the header `Content-Digest` */
export async function uploadPartWithDigest(
  store: ObjectStore,
  upload: MultipartUpload,
  partNumber: number,
  { body, sizeBytes }: SizedBody,
): Promise<{ ok: true; part: UploadedPart; digest: string } | StoreFailure<'gone' | 'wrong_size'>> {
  const digestStream = new crypto.DigestStream('SHA-256')
  const digesting = digestChunks(body, digestStream)
  const stored = await store.uploadPart(upload, partNumber, { body: digesting, sizeBytes })
  return stored.ok ? { ...stored, digest: contentDigest(await digestStream.digest) } : stored
}

/** Returns the stream in larger chunks, each of which is written to the digest before it is read. */
function digestChunks(
  body: ReadableStream<Uint8Array>,
  digestStream: WritableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader({ mode: 'byob' })
  const writer = digestStream.getWriter()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await reader.readAtLeast(CHUNK_BYTES, new Uint8Array(CHUNK_BYTES))
      if (value !== undefined && value.length > 0) {
        await writer.write(value)
        controller.enqueue(value)
      }
      if (done) {
        await writer.close()
        controller.close()
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
