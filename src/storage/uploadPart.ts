/** One part of a multipart upload: streamed through, never held in memory, and digested on its way. */
import { contentDigest } from '../domain/digest.ts'

export async function uploadPartWithDigest(
  upload: R2MultipartUpload,
  partNumber: number,
  body: ReadableStream<Uint8Array>,
  sizeBytes: number,
): Promise<{ part: R2UploadedPart; digest: string }> {
  // R2 wants the length beforehand; this stream errs when it is not kept.
  const { readable, writable } = new FixedLengthStream(sizeBytes)
  const digest = new crypto.DigestStream('SHA-256')
  // Where the copy fails, that says it all.
  digest.digest.catch(() => undefined)
  const [part] = await Promise.all([
    upload.uploadPart(partNumber, readable),
    copy(body, [writable, digest]),
  ])
  return { part, digest: contentDigest(await digest.digest) }
}

async function copy(body: ReadableStream<Uint8Array>, targets: WritableStream<Uint8Array>[]) {
  const writers = targets.map((target) => target.getWriter())
  try {
    for await (const chunk of body) {
      await Promise.all(writers.map((writer) => writer.write(chunk)))
    }
    await Promise.all(writers.map((writer) => writer.close()))
  } catch (error) {
    await Promise.allSettled(writers.map((writer) => writer.abort(error)))
    throw error
  }
}
