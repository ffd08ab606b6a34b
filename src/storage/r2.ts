/** Implements ObjectStore with an R2 bucket. Only this file uses R2's types and error codes. */
import type {
  GetResult,
  ObjectAttributes,
  ObjectStore,
  SizedBody,
  StoredObject,
  StoreFailure,
} from './objectStore.ts'

/** R2 appends the code of an error to its message, in parentheses. */
const ERROR_PATTERNS = {
  gone: /\(10024\)/,
  digest_mismatch: /\(10037\)/,
  // Codes for a part that is too small, a part that is missing, and parts of unequal size.
  bad_parts: /\((10011|10025|10048)\)/,
  // Aborting an upload that R2 no longer has fails with the code of an internal error, not 10024.
  abort_failed: /\(10001\)/,
}
type ErrorReason = keyof typeof ERROR_PATTERNS

export function createR2Store(bucket: R2Bucket): ObjectStore {
  return {
    async head(key) {
      const object = await bucket.head(key)
      return object && toStoredObject(object)
    },
    get: (key, options = {}) => getObject(bucket, key, options),
    put: (key, content, options) =>
      toResult(['digest_mismatch', 'wrong_size'], async () => ({
        ok: true,
        object: toStoredObject(
          await send(content, (body) => bucket.put(key, body, toPutOptions(options))),
        ),
      })),
    replace: (key, content, { etag, ...options }) =>
      toResult(['digest_mismatch', 'wrong_size'], async () => {
        const onlyIf = new Headers(
          etag === null ? { 'If-None-Match': '*' } : { 'If-Match': `"${etag}"` },
        )
        const put = { ...toPutOptions(options), onlyIf }
        const object = await send(content, (body) => bucket.put(key, body, put))
        return object === null
          ? { ok: false as const, reason: 'replaced' as const }
          : { ok: true as const, object: toStoredObject(object) }
      }),
    delete: (keys) => bucket.delete([...keys]),
    async list(prefix, limit, after) {
      const startAfter = after === undefined ? {} : { startAfter: after }
      const { objects, truncated } = await bucket.list({ prefix, limit, ...startAfter })
      return { objects: objects.map(toStoredObject), isTruncated: truncated }
    },
    async createMultipartUpload(key, attributes) {
      const { uploadId } = await bucket.createMultipartUpload(key, toPutOptions(attributes))
      return { key, uploadId }
    },
    uploadPart: ({ key, uploadId }, partNumber, content) =>
      toResult(['gone', 'wrong_size'], async () => {
        const upload = bucket.resumeMultipartUpload(key, uploadId)
        const part = await send(content, (body) => upload.uploadPart(partNumber, body))
        return { ok: true, part: { partNumber: part.partNumber, etag: part.etag } }
      }),
    completeMultipartUpload: ({ key, uploadId }, parts) =>
      toResult(['gone', 'bad_parts'], async () => {
        const object = await bucket.resumeMultipartUpload(key, uploadId).complete([...parts])
        return { ok: true, object: toStoredObject(object) }
      }),
    async abortMultipartUpload({ key, uploadId }) {
      const aborted = await toResult(['gone', 'abort_failed'], async () => {
        await bucket.resumeMultipartUpload(key, uploadId).abort()
        return { ok: true as const }
      })
      // If R2 had an internal error, it deletes the unfinished upload by itself after 7 days.
      return aborted.ok ? aborted : { ok: false, reason: 'gone' }
    },
  }
}

async function getObject(
  bucket: R2Bucket,
  key: string,
  { range, conditions }: NonNullable<Parameters<ObjectStore['get']>[1]>,
): Promise<GetResult> {
  const found = await bucket.get(key, {
    ...(conditions && { onlyIf: conditions }),
    ...(range && { range }),
  })
  if (!found) {
    return { ok: false, reason: 'not_found' }
  }
  const object = toStoredObject(found)
  if (!('body' in found)) {
    return { ok: false, reason: 'condition_failed', object }
  }
  const offset = range?.offset ?? 0
  // The object may have been replaced by a shorter one since the caller chose the range.
  const length = Math.min(range?.length ?? Infinity, found.size - offset)
  return { ok: true, object, range: { offset, length }, body: found.body }
}

function toStoredObject(object: R2Object): StoredObject {
  return {
    key: object.key,
    sizeBytes: object.size,
    etag: object.etag,
    uploadedAt: object.uploaded,
    contentType: object.httpMetadata?.contentType ?? null,
    metadata: object.customMetadata ?? {},
  }
}

function toPutOptions({
  contentType,
  metadata,
  sha256,
}: ObjectAttributes & { sha256?: Uint8Array }): R2PutOptions {
  return {
    httpMetadata: { contentType },
    ...(metadata && { customMetadata: { ...metadata } }),
    ...(sha256 && { sha256 }),
  }
}

class WrongSizeError extends Error {
  override name = 'WrongSizeError'
}

/**
 * Sends a body through a FixedLengthStream, which tells R2 the size and fails if the body has
 * another size.
 *
 * @throws WrongSizeError, or the error of R2 or of the body
 */
async function send<Stored>(
  content: SizedBody,
  put: (body: ReadableStream) => Promise<Stored>,
): Promise<Stored> {
  const { sizeBytes } = content
  const { readable, writable } = new FixedLengthStream(sizeBytes)
  const [stored] = await Promise.allSettled([put(readable), pipe(content, writable)])
  if (stored.status === 'fulfilled') {
    return stored.value
  }
  // The error of a FixedLengthStream is a TypeError. R2's own errors are not.
  throw stored.reason instanceof TypeError
    ? new WrongSizeError(`the body does not have ${sizeBytes} bytes`)
    : stored.reason
}

/**
 * Writes the leading bytes. The runtime pipes the rest, without running JavaScript for each chunk.
 */
async function pipe({ body, leading }: SizedBody, writable: WritableStream<Uint8Array>) {
  if (leading) {
    const writer = writable.getWriter()
    await writer.write(leading)
    writer.releaseLock()
  }
  await body.pipeTo(writable)
}

/** Runs a request. Returns errors whose reason is in `expected` as failures. @throws all others */
async function toResult<Success, Reason extends ErrorReason | 'wrong_size'>(
  expected: readonly Reason[],
  request: () => Promise<Success>,
): Promise<Success | StoreFailure<Reason>> {
  try {
    return await request()
  } catch (error) {
    const reason = expected.find((name) => isError(error, name))
    if (reason === undefined) {
      throw error
    }
    return { ok: false, reason }
  }
}

function isError(error: unknown, reason: ErrorReason | 'wrong_size') {
  return reason === 'wrong_size'
    ? error instanceof WrongSizeError
    : error instanceof Error && ERROR_PATTERNS[reason].test(error.message)
}
