/** Implements ObjectStore with a bucket of an S3-compatible service. */
import {
  type ByteRange,
  type GetResult,
  type ListedObject,
  type MultipartUpload,
  type ObjectAttributes,
  type ObjectStore,
  type PutResult,
  type SizedBody,
  type StoredObject,
  unquoteEtag,
  type UploadedPart,
} from '../objectStore.ts'
import { BodyError, sendSized } from './sendSized.ts'
import { createS3Client, type Method, type S3Bucket, type S3Request } from './client.ts'
import { verifyDigest } from './verifyDigest.ts'
import { escapeXml, readElement, readElements } from './xml.ts'

const CONDITIONS = ['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since']
const BAD_PARTS = ['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall', 'InvalidRequest']
const META = 'x-amz-meta-'

export interface ListedPart extends UploadedPart {
  sizeBytes: number
}

export interface S3Store extends ObjectStore {
  /**
   * The stored parts of an upload, in the order of their numbers; null if there is no such upload, or
   * the service cannot list them.
   */
  listParts(upload: MultipartUpload): Promise<ListedPart[] | null>
  /** Returns a URL that stores a part of exactly this size. */
  presignPart(
    upload: MultipartUpload,
    partNumber: number,
    sizeBytes: number,
    expiresInSeconds: number,
  ): Promise<string>
}

/** @param streamMs see `createS3Client` */
export function createS3Store(bucket: S3Bucket, streamMs: number | null = null): S3Store {
  const client = createS3Client(bucket, streamMs)

  /** Sends a request. @throws S3Error unless the response has one of these statuses */
  async function request(
    method: Method,
    key: string,
    options: S3Request,
    ...statuses: number[]
  ): Promise<Response> {
    const response = await client.send(method, key, options)
    if (!statuses.includes(response.status)) {
      throw await client.toError(method, key, response)
    }
    return response
  }

  async function head(key: string): Promise<StoredObject | null> {
    const response = await request('HEAD', key, {}, 200, 404)
    return response.status === 404 ? null : toStoredObject(key, response, readLength(response))
  }

  /**
   * Reads the object that was just written. If another one has replaced it already, what is known of
   * it is returned.
   */
  async function readWritten(
    key: string,
    etag: string,
    sizeBytes: number,
    { contentType, metadata = {} }: ObjectAttributes,
  ): Promise<StoredObject> {
    const object = await head(key)
    return object?.etag === etag
      ? object
      : { key, sizeBytes, etag, uploadedAt: new Date(), contentType, metadata }
  }

  async function put(
    key: string,
    content: SizedBody,
    { sha256, ...attributes }: ObjectAttributes & { sha256?: Uint8Array },
    conditions: Record<string, string> = {},
  ): Promise<PutResult | { ok: false; reason: 'replaced' }> {
    const checked = sha256 ? verifyDigest(content, sha256) : content
    const headers = { ...toHeaders(attributes), ...conditions }
    const isConditional = Object.keys(conditions).length > 0
    try {
      const response = await sendSized(checked, (body) =>
        request('PUT', key, { headers, body }, 200, ...(isConditional ? [404, 409, 412] : [])),
      )
      if (response.status !== 200) {
        await response.body?.cancel()
        return { ok: false, reason: 'replaced' }
      }
      const object = await readWritten(key, readEtag(response), content.sizeBytes, attributes)
      return { ok: true, object }
    } catch (error) {
      if (error instanceof BodyError) {
        return { ok: false, reason: error.reason }
      }
      throw error
    }
  }

  async function get(
    key: string,
    { range, conditions }: { range?: ByteRange; conditions?: Headers } = {},
  ): Promise<GetResult> {
    const headers: Record<string, string> = {}
    for (const name of CONDITIONS) {
      const value = conditions?.get(name)
      if (value) {
        headers[name] = value
      }
    }
    if (range) {
      headers['Range'] = `bytes=${range.offset}-${range.offset + range.length - 1}`
    }
    const response = await client.send('GET', key, { headers })
    if (response.status === 304 || response.status === 412) {
      await response.body?.cancel()
      const object = await head(key)
      return object
        ? { ok: false, reason: 'condition_failed', object }
        : { ok: false, reason: 'not_found' }
    }
    if (response.status !== 200 && response.status !== 206) {
      const error = await client.toError('GET', key, response)
      if (error.code === 'NoSuchKey') {
        return { ok: false, reason: 'not_found' }
      }
      throw error
    }
    const length = readLength(response)
    const total = /\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')?.[1]
    const object = toStoredObject(key, response, total === undefined ? length : Number(total))
    const offset = response.status === 206 ? (range?.offset ?? 0) : 0
    const body = response.body ?? new Blob([]).stream()
    return { ok: true, object, range: { offset, length }, body }
  }

  async function deleteObjects(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) {
      return
    }
    const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`)
    const body = `<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`
    const md5 = new Uint8Array(await crypto.subtle.digest('MD5', new TextEncoder().encode(body)))
    const headers = {
      'Content-MD5': btoa(String.fromCharCode(...md5)),
      'Content-Type': 'application/xml',
    }
    const response = await request('POST', '', { query: { delete: '' }, headers, body }, 200)
    const [failed] = readElements(await response.text(), 'Error')
    if (failed !== undefined) {
      throw new Error(`an object was not deleted: ${readElement(failed, 'Code')}`)
    }
  }

  async function list(prefix: string, limit: number, after?: string) {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      prefix,
      'max-keys': String(limit),
      ...(after !== undefined && { 'start-after': after }),
    }
    const xml = await (await request('GET', '', { query }, 200)).text()
    return {
      objects: readElements(xml, 'Contents').map(toListedObject),
      isTruncated: readElement(xml, 'IsTruncated') === 'true',
    }
  }

  async function createMultipartUpload(key: string, attributes: ObjectAttributes) {
    const headers = toHeaders(attributes)
    const response = await request('POST', key, { query: { uploads: '' }, headers }, 200)
    return { key, uploadId: readElement(await response.text(), 'UploadId')! }
  }

  async function listParts({ key, uploadId }: MultipartUpload): Promise<ListedPart[] | null> {
    const parts: ListedPart[] = []
    for (let marker: string | null = '0'; marker !== null;) {
      const query = { uploadId, 'part-number-marker': marker }
      const response: Response = await request('GET', key, { query }, 200, 404, 501)
      const xml = await response.text()
      if (response.status !== 200) {
        return null
      }
      parts.push(...readElements(xml, 'Part').map(toListedPart))
      const isTruncated = readElement(xml, 'IsTruncated') === 'true'
      marker = isTruncated ? readElement(xml, 'NextPartNumberMarker') : null
    }
    return parts
  }

  const uploadPart: ObjectStore['uploadPart'] = async ({ key, uploadId }, partNumber, content) => {
    try {
      const query = { partNumber: String(partNumber), uploadId }
      const response = await sendSized(content, (body) =>
        request('PUT', key, { query, body }, 200, 404),
      )
      return response.status === 404
        ? { ok: false, reason: 'gone' }
        : { ok: true, part: { partNumber, etag: readEtag(response) } }
    } catch (error) {
      if (error instanceof BodyError) {
        return { ok: false, reason: 'wrong_size' }
      }
      throw error
    }
  }

  const completeMultipartUpload: ObjectStore['completeMultipartUpload'] = async (
    { key, uploadId },
    parts,
  ) => {
    const ordered = parts.toSorted((one, other) => one.partNumber - other.partNumber)
    const named = ordered.map(
      ({ partNumber, etag }) =>
        `<Part><PartNumber>${partNumber}</PartNumber><ETag>"${escapeXml(etag)}"</ETag></Part>`,
    )
    const response = await client.send('POST', key, {
      query: { uploadId },
      headers: { 'Content-Type': 'application/xml' },
      body: `<CompleteMultipartUpload>${named.join('')}</CompleteMultipartUpload>`,
    })
    const xml = await response.clone().text()
    // The status is sent before the parts are joined, so an error can follow a 200.
    const code = readElement(xml, 'Code')
    if (response.ok && code === null) {
      const etag = unquoteEtag(readElement(xml, 'ETag') ?? '')
      if (etag === '') {
        throw new Error('the response to the completion of an upload has no ETag')
      }
      const object = await head(key)
      return object?.etag === etag ? { ok: true, object } : { ok: false, reason: 'replaced', etag }
    }
    if (code === 'NoSuchUpload') {
      return { ok: false, reason: 'gone' }
    }
    if (BAD_PARTS.includes(code ?? '')) {
      return { ok: false, reason: 'bad_parts' }
    }
    throw await client.toError('POST', key, response)
  }

  return {
    head,
    get,
    async put(key, content, options) {
      return (await put(key, content, options)) as PutResult
    },
    replace: (key, content, { etag, ...options }) =>
      put(
        key,
        content,
        options,
        etag === null ? { 'If-None-Match': '*' } : { 'If-Match': `"${etag}"` },
      ),
    delete: deleteObjects,
    list,
    createMultipartUpload,
    uploadPart,
    completeMultipartUpload,
    async abortMultipartUpload({ key, uploadId }) {
      const response = await request('DELETE', key, { query: { uploadId } }, 204, 200, 404)
      await response.body?.cancel()
      return response.status === 404 ? { ok: false, reason: 'gone' } : { ok: true }
    },
    listParts,
    presignPart: ({ key, uploadId }, partNumber, sizeBytes, expiresInSeconds) =>
      client.presign('PUT', key, {
        query: { partNumber: String(partNumber), uploadId },
        headers: { 'Content-Length': String(sizeBytes) },
        expiresInSeconds,
      }),
  }
}

function toHeaders({ contentType, metadata = {} }: ObjectAttributes): Record<string, string> {
  const entries = Object.entries(metadata).map(([name, value]) => [`${META}${name}`, value])
  return { 'Content-Type': contentType, ...Object.fromEntries(entries) }
}

/** @throws if there is no length, as in the response of a proxy that compresses */
function readLength({ headers }: Response): number {
  const length = headers.get('Content-Length')
  if (length === null) {
    throw new Error(
      'the response of the S3 API has no Content-Length: a proxy before it must not change responses',
    )
  }
  return Number(length)
}

function readEtag({ headers }: Response): string {
  return unquoteEtag(headers.get('ETag') ?? '')
}

function toStoredObject(key: string, response: Response, sizeBytes: number): StoredObject {
  const { headers } = response
  const metadata = [...headers]
    .filter(([name]) => name.startsWith(META))
    .map(([name, value]) => [name.slice(META.length), value] as const)
  return {
    key,
    sizeBytes,
    etag: readEtag(response),
    uploadedAt: new Date(headers.get('Last-Modified') ?? 0),
    contentType: headers.get('Content-Type'),
    metadata: Object.fromEntries(metadata),
  }
}

function toListedObject(xml: string): ListedObject {
  return {
    key: decodeURIComponent(readElement(xml, 'Key')!.replaceAll('+', ' ')),
    sizeBytes: Number(readElement(xml, 'Size')),
    etag: unquoteEtag(readElement(xml, 'ETag') ?? ''),
    uploadedAt: new Date(readElement(xml, 'LastModified') ?? 0),
  }
}

function toListedPart(xml: string): ListedPart {
  return {
    partNumber: Number(readElement(xml, 'PartNumber')),
    etag: unquoteEtag(readElement(xml, 'ETag') ?? ''),
    sizeBytes: Number(readElement(xml, 'Size')),
  }
}
