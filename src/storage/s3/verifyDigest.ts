/** Checks the digest of a body while it is sent. */
import type { SizedBody } from '../objectStore.ts'
import { BodyError } from './sendSized.ts'

/**
 * Returns the body, which fails before its end if it does not have this digest, so that the store
 * keeps nothing of it. Stores of S3 differ in the digests that they check.
 */
export function verifyDigest(
  { body, leading, sizeBytes }: SizedBody,
  sha256: Uint8Array,
): SizedBody {
  const digest = new crypto.DigestStream('SHA-256')
  const writer = digest.getWriter()
  /** The last chunk so far. It is sent after the check. */
  let held = leading ?? new Uint8Array()
  const checked = body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      async transform(chunk, controller) {
        await writer.write(held)
        controller.enqueue(held)
        held = chunk
      },
      async flush(controller) {
        await writer.write(held)
        await writer.close()
        const found = new Uint8Array(await digest.digest)
        if (found.some((byte, index) => byte !== sha256[index])) {
          throw new BodyError('digest_mismatch')
        }
        controller.enqueue(held)
      },
    }),
  )
  return { body: checked, sizeBytes }
}
