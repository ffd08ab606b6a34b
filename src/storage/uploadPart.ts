/** Uploads a part, and computes its digest while it is streamed. */
import { contentDigest } from '../domain/digest.ts'
import type {
  MultipartUpload,
  ObjectStore,
  SizedBody,
  StoreFailure,
  UploadedPart,
} from './objectStore.ts'

/** @returns `digest` in the form of the header `Content-Digest` */
export async function uploadPartWithDigest(
  store: ObjectStore,
  upload: MultipartUpload,
  partNumber: number,
  { body, sizeBytes }: SizedBody,
): Promise<{ ok: true; part: UploadedPart; digest: string } | StoreFailure<'gone' | 'wrong_size'>> {
  const digestStream = new crypto.DigestStream('SHA-256')
  const writer = digestStream.getWriter()
  const digesting = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      await writer.write(chunk)
      controller.enqueue(chunk)
    },
    flush: () => writer.close(),
  })
  const stored = await store.uploadPart(upload, partNumber, {
    body: body.pipeThrough(digesting),
    sizeBytes,
  })
  return stored.ok ? { ...stored, digest: contentDigest(await digestStream.digest) } : stored
}
