/**
 * An ObjectStore in memory. The conformance suite runs on it as well as on R2, so that the suite
 * tests only what every store must do.
 */
import type {
  GetResult,
  MultipartUpload,
  ObjectAttributes,
  ObjectStore,
  SizedBody,
  StoredObject,
} from '../../../src/storage/objectStore.ts'
import { httpEtag } from '../../../src/storage/objectStore.ts'

interface Entry {
  object: StoredObject
  bytes: Uint8Array<ArrayBuffer>
}
interface OpenUpload {
  attributes: ObjectAttributes
  parts: Map<number, { etag: string; bytes: Uint8Array<ArrayBuffer> }>
}

const MIN_PART_BYTES = 5 * 1024 * 1024
const WRONG_SIZE = { ok: false, reason: 'wrong_size' } as const
const GONE = { ok: false, reason: 'gone' } as const

async function readBytes({ body, leading, sizeBytes }: SizedBody) {
  const rest = await new Response(body).arrayBuffer()
  const bytes = new Uint8Array(await new Blob(leading ? [leading, rest] : [rest]).arrayBuffer())
  return bytes.length === sizeBytes ? bytes : null
}

function areBytesEqual(left: Uint8Array, right: Uint8Array) {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}

function isMet(conditions: Headers, object: StoredObject) {
  const namesEtag = (header: string) =>
    (conditions.get(header) ?? '')
      .split(',')
      .some((tag) => ['*', httpEtag(object)].includes(tag.trim()))
  const isModifiedSince = (header: string) =>
    object.uploadedAt.getTime() > Date.parse(conditions.get(header)!)
  return (
    (!conditions.has('If-Match') || namesEtag('If-Match')) &&
    !namesEtag('If-None-Match') &&
    (!conditions.has('If-Modified-Since') || isModifiedSince('If-Modified-Since')) &&
    (!conditions.has('If-Unmodified-Since') || !isModifiedSince('If-Unmodified-Since'))
  )
}

/**
 * Returns true if all parts but the last have the same size, of at least MIN_PART_BYTES, and the
 * last is not larger.
 */
function haveGoodSizes(parts: Uint8Array[]) {
  const [first] = parts
  return parts.every((part, index) =>
    index === parts.length - 1
      ? part.length <= (first?.length ?? 0)
      : part.length === first!.length && part.length >= MIN_PART_BYTES,
  )
}

export function createMemoryStore(): ObjectStore {
  const entries = new Map<string, Entry>()
  const uploads = new Map<string, OpenUpload>()
  const uploadName = ({ key, uploadId }: MultipartUpload) => `${uploadId} ${key}`

  const write = (key: string, bytes: Uint8Array<ArrayBuffer>, attributes: ObjectAttributes) => {
    const { contentType, metadata = {} } = attributes
    const etag = crypto.randomUUID()
    const object = { key, sizeBytes: bytes.length, etag, uploadedAt: new Date() }
    entries.set(key, { object: { ...object, contentType, metadata }, bytes })
    return { ok: true as const, object: entries.get(key)!.object }
  }

  const put: ObjectStore['put'] = async (key, content, { sha256, ...attributes }) => {
    const bytes = await readBytes(content)
    if (!bytes) {
      return WRONG_SIZE
    }
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return sha256 && !areBytesEqual(sha256, digest)
      ? { ok: false, reason: 'digest_mismatch' }
      : write(key, bytes, attributes)
  }

  return {
    head: async (key) => entries.get(key)?.object ?? null,
    async get(key, { range, conditions } = {}): Promise<GetResult> {
      const entry = entries.get(key)
      if (!entry) {
        return { ok: false, reason: 'not_found' }
      }
      const { object, bytes } = entry
      if (conditions && !isMet(conditions, object)) {
        return { ok: false, reason: 'condition_failed', object }
      }
      const offset = range?.offset ?? 0
      const part = bytes.slice(offset, offset + (range?.length ?? bytes.length))
      const body = new Blob([part]).stream() as ReadableStream<Uint8Array>
      return { ok: true, object, range: { offset, length: part.length }, body }
    },
    put,
    async replace(key, content, { etag, ...options }) {
      const isSame = (entries.get(key)?.object.etag ?? null) === etag
      return isSame ? put(key, content, options) : { ok: false, reason: 'replaced' }
    },
    async delete(keys) {
      keys.forEach((key) => entries.delete(key))
    },
    async list(prefix, limit, after = '') {
      const keys = [...entries.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
      const objects = keys.slice(0, limit).map((key) => entries.get(key)!.object)
      return { objects, isTruncated: keys.length > limit }
    },
    async createMultipartUpload(key, attributes) {
      const upload = { key, uploadId: crypto.randomUUID() }
      uploads.set(uploadName(upload), { attributes, parts: new Map() })
      return upload
    },
    async uploadPart(upload, partNumber, content) {
      const bytes = await readBytes(content)
      const open = uploads.get(uploadName(upload))
      if (!bytes || !open) {
        return bytes ? GONE : WRONG_SIZE
      }
      const etag = crypto.randomUUID()
      open.parts.set(partNumber, { etag, bytes })
      return { ok: true, part: { partNumber, etag } }
    },
    async completeMultipartUpload(upload, named) {
      const open = uploads.get(uploadName(upload))
      if (!open) {
        return GONE
      }
      const ordered = named.toSorted((one, other) => one.partNumber - other.partNumber)
      const parts = ordered.map(({ partNumber, etag }) => {
        const part = open.parts.get(partNumber)
        return part?.etag === etag ? part.bytes : null
      })
      const present = parts.filter((part) => part !== null)
      if (present.length < parts.length || !haveGoodSizes(present)) {
        return { ok: false, reason: 'bad_parts' }
      }
      uploads.delete(uploadName(upload))
      const bytes = new Uint8Array(await new Blob(present).arrayBuffer())
      return write(upload.key, bytes, open.attributes)
    },
    async abortMultipartUpload(upload) {
      return uploads.delete(uploadName(upload)) ? { ok: true } : GONE
    },
  }
}
