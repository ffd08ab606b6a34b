/**
 * Stores originals: checks the content against the file name, and records the charged API key in the
 * metadata of the object.
 */
import { formatContentType, OCTET_STREAM, readExtension } from '../contract/fileTypes.ts'
import { joinBytes } from '../domain/joinBytes.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { countCheckedBytes, findContentMismatch, findSizeError } from './contentCheck.ts'
import type { ObjectStore, SizedBody, StoredObject } from './objectStore.ts'

/** Codes of errors of a file whose content or size does not match its name. */
export type ContentError = 'content_mismatch' | 'too_large'

export type StoreOutcome<Stored> =
  { ok: true; stored: Stored } | ErrorResult<ContentError | 'invalid_request'>

/** Object metadata: the id of the API key that an original is charged to. */
const KEY_ID_METADATA = 'reelqueue-key'
/** Object metadata: the id (`upl_…`) of the upload in parts that stored an original. */
const UPLOAD_ID_METADATA = 'reelqueue-upload'

/** The charged key and size of the file at a path; null and 0 if there is no file. */
export interface StoredSize {
  /** The API key that is charged; null if the file is not charged to a key. */
  keyId: string | null
  sizeBytes: number
}

/**
 * Returns the attributes of an original that is charged to the API key `keyId`.
 *
 * @param uploadId the id of the upload in parts that stores it; null for a whole file
 */
export function originalAttributes(path: string, keyId: string | null, uploadId: string | null) {
  return {
    contentType: originalContentType(path),
    metadata: {
      ...(keyId !== null && { [KEY_ID_METADATA]: keyId }),
      ...(uploadId !== null && { [UPLOAD_ID_METADATA]: uploadId }),
    },
  }
}

/**
 * The content type of an original; `application/octet-stream` for an extension that is not
 * accepted.
 */
export function originalContentType(path: string): string {
  const extension = readExtension(path)
  return extension === null ? OCTET_STREAM : formatContentType(extension)
}

/** Returns whether the multipart upload with this id has stored the original. */
export function isStoredBy({ metadata }: StoredObject, uploadId: string): boolean {
  return metadata[UPLOAD_ID_METADATA] === uploadId
}

export async function readStoredSize(store: ObjectStore, path: string): Promise<StoredSize> {
  const object = await store.head(path)
  return {
    keyId: object?.metadata[KEY_ID_METADATA] ?? null,
    sizeBytes: object?.sizeBytes ?? 0,
  }
}

/** Stores a whole file, charged to the API key `keyId`. If it returns an error, nothing changed. */
export async function storeFile(
  store: ObjectStore,
  path: string,
  content: SizedBody,
  keyId: string | null,
): Promise<StoreOutcome<StoredObject>> {
  const result = await putChecked(path, content, (checked) =>
    store.put(path, checked, originalAttributes(path, keyId, null)),
  )
  if (result.ok) {
    return { ok: true, stored: result.object }
  }
  return 'code' in result ? result : wrongSizeError(content)
}

export function wrongSizeError({ sizeBytes }: SizedBody) {
  return errorResult(
    'invalid_request',
    `The body does not have the ${sizeBytes} bytes that Content-Length announces. Nothing was stored.`,
  )
}

/** Checks that the content matches the file name, then calls `put` with it. */
export async function putChecked<Result>(
  path: string,
  { body, sizeBytes }: SizedBody,
  put: (content: SizedBody) => Promise<Result>,
): Promise<Result | ErrorResult<ContentError>> {
  const sizeError = findSizeError(path, sizeBytes)
  if (sizeError !== null) {
    await body.cancel()
    return sizeError
  }
  const reader = body.getReader()
  const leading = await readLeading(reader, countCheckedBytes(path))
  const mismatch = await findContentMismatch(path, leading)
  if (mismatch !== null) {
    await reader.cancel()
    return errorResult('content_mismatch', mismatch)
  }
  reader.releaseLock()
  return put({ body, leading, sizeBytes })
}

/** Reads at least `bytes` bytes, or the whole stream if it is shorter. */
async function readLeading(reader: ReadableStreamDefaultReader<Uint8Array>, bytes: number) {
  const chunks: Uint8Array[] = []
  let length = 0
  while (length < bytes) {
    const { done, value } = await reader.read()
    if (done) {
      break
    }
    chunks.push(value)
    length += value.length
  }
  return joinBytes(chunks, length)
}
