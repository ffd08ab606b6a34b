/** One whole object whose digest is told beforehand: R2 itself refuses what does not match. */

const SHA256 = /sha-256=:([A-Za-z0-9+/]{43}=):/
/** R2's code for a checksum that is not that of what came. */
const MISMATCH = '(10037)'

interface Incoming {
  body: ReadableStream<Uint8Array>
  sizeBytes: number
  /** As `Content-Digest` has it (RFC 9530). */
  digest: string | undefined
  contentType: string
}

/** Null when the bytes are not those of the digest; what was under the key before is then untouched. */
export async function putWithDigest(
  bucket: R2Bucket,
  key: string,
  { body, sizeBytes, digest, contentType }: Incoming,
): Promise<R2Object | null> {
  const expected = SHA256.exec(digest ?? '')?.[1]
  // R2 wants the length beforehand; this stream errs when it is not kept.
  const { readable, writable } = new FixedLengthStream(sizeBytes)
  const put = bucket.put(key, readable, {
    httpMetadata: { contentType },
    ...(expected !== undefined && {
      sha256: Uint8Array.from(atob(expected), (character) => character.charCodeAt(0)),
    }),
  })
  const [stored, copied] = await Promise.allSettled([put, body.pipeTo(writable)])
  if (stored.status === 'fulfilled') {
    return stored.value
  }
  if (String(stored.reason).includes(MISMATCH)) {
    return null
  }
  throw copied.status === 'rejected' ? copied.reason : stored.reason
}
