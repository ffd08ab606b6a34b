/**
 * Object storage as the services use it. `r2.ts` and `s3/store.ts` implement it; every implementation
 * passes the conformance suite in `test/worker/storage/objectStore.conformance.ts`.
 *
 * Expected failures are returned. Anything else, such as an outage, is thrown.
 */

/** Properties of a stored object. */
export interface StoredObject {
  key: string
  sizeBytes: number
  /** Differs if the content differs. Without the quotes of the HTTP header. */
  etag: string
  uploadedAt: Date
  contentType: string | null
  metadata: Readonly<Record<string, string>>
}

/** A range that lies inside the object, in bytes. */
export interface ByteRange {
  offset: number
  length: number
}

export interface ObjectAttributes {
  contentType: string
  metadata?: Readonly<Record<string, string>>
}

/** A body of known size. Stores need the size before the first byte. */
export interface SizedBody {
  body: ReadableStream<Uint8Array>
  /** Bytes that were already read from the start of `body`, to check them. */
  leading?: Uint8Array
  /** All bytes, the leading ones included. */
  sizeBytes: number
}

export interface StoreFailure<Reason extends string> {
  ok: false
  reason: Reason
}

export type GetResult =
  | { ok: true; object: StoredObject; range: ByteRange; body: ReadableStream<Uint8Array> }
  | StoreFailure<'not_found'>
  | { ok: false; reason: 'condition_failed'; object: StoredObject }

/** `wrong_size`: the body has more or fewer bytes than `sizeBytes`. Nothing is stored. */
export type PutResult =
  { ok: true; object: StoredObject } | StoreFailure<'digest_mismatch' | 'wrong_size'>

export interface MultipartUpload {
  key: string
  uploadId: string
}

export interface UploadedPart {
  partNumber: number
  etag: string
}

export type PartResult = { ok: true; part: UploadedPart } | StoreFailure<'gone' | 'wrong_size'>

export type ListedObject = Pick<StoredObject, 'key' | 'sizeBytes' | 'etag' | 'uploadedAt'>
export interface ObjectPage {
  objects: ListedObject[]
  isTruncated: boolean
}

export interface ObjectStore {
  /** Null when there is no such object. */
  head(key: string): Promise<StoredObject | null>

  /**
   * Reads an object or a range of it.
   *
   * @param options.conditions headers `If-Match`, `If-None-Match`, `If-Modified-Since` and
   *   `If-Unmodified-Since`, evaluated as in RFC 9110; others are ignored
   */
  get(key: string, options?: { range?: ByteRange; conditions?: Headers }): Promise<GetResult>

  /**
   * Stores a whole object, replacing the one under the key. On failure the previous one stays.
   *
   * @param options.sha256 expected digest of the body
   */
  put(
    key: string,
    content: SizedBody,
    options: ObjectAttributes & { sha256?: Uint8Array },
  ): Promise<PutResult>

  /**
   * The same, but only if the object under the key is still the one with this etag (null: none).
   * `replaced`: it is another one, or there is none.
   */
  replace(
    key: string,
    content: SizedBody,
    options: ObjectAttributes & { sha256?: Uint8Array; etag: string | null },
  ): Promise<PutResult | StoreFailure<'replaced'>>

  /** Deletes up to 1,000 objects. Keys without an object are ignored. */
  delete(keys: readonly string[]): Promise<void>

  /**
   * Lists the first `limit` objects (up to 1,000) whose keys begin with `prefix` and come after the
   * key `after`, in the byte order of their keys. Their content types and metadata are not read.
   */
  list(prefix: string, limit: number, after?: string): Promise<ObjectPage>

  createMultipartUpload(key: string, attributes: ObjectAttributes): Promise<MultipartUpload>

  /**
   * Stores a part, replacing an earlier one with this number. Numbers begin with 1.
   *
   * `gone`: see `completeMultipartUpload`.
   */
  uploadPart(upload: MultipartUpload, partNumber: number, content: SizedBody): Promise<PartResult>

  /**
   * Joins the parts in the order of their numbers, and replaces the object under the key.
   *
   * `gone`: the upload was completed, was aborted or has expired. `bad_parts`: a part was not
   * uploaded, its etag does not match, or its size is not allowed (R2: all parts but the last have
   * the same size, of at least 5 MiB); the upload stays open. `replaced`: the object was stored, and
   * another one has replaced it, or it was deleted, before it was read; `etag` is the one it had.
   */
  completeMultipartUpload(
    upload: MultipartUpload,
    parts: readonly UploadedPart[],
  ): Promise<
    | { ok: true; object: StoredObject }
    | StoreFailure<'gone' | 'bad_parts'>
    | { ok: false; reason: 'replaced'; etag: string }
  >

  /**
   * Deletes an upload and its parts. A completed upload's object stays.
   *
   * `gone`: see `completeMultipartUpload`. R2's internal errors count as `gone` too.
   */
  abortMultipartUpload(upload: MultipartUpload): Promise<{ ok: true } | StoreFailure<'gone'>>
}

/** Returns the etag in the form of the HTTP header `ETag`, which is quoted. */
export function httpEtag({ etag }: Pick<StoredObject, 'etag'>): string {
  return `"${etag}"`
}

/** Returns the etag of a header `ETag`, without its quotes. */
export function unquoteEtag(header: string): string {
  return header.replace(/^(?:W\/)?"(.*)"$/, '$1')
}
