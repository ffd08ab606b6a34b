/** Headers of the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload). */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { quote, shorten } from '../contract/quote.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { type Checksum, CHECKSUM_ALGORITHMS } from '../services/tusUploads/checksum.ts'
import { MAX_FILE_BYTES } from '../services/files/partSize.ts'
import type { ApiEnv } from './apiEnv.ts'
import { errorResponse } from './responses/errorResponse.ts'

const VERSION = '1.0.0'
const EXTENSIONS = [
  'creation',
  'creation-with-upload',
  'creation-defer-length',
  'expiration',
  'checksum',
  'termination',
]
export const OFFSET_STREAM = 'application/offset+octet-stream'
/** The metadata is stored, and sent back as a header. */
const MAX_METADATA_BYTES = 4_096

/** Headers that scripts of other origins may send, and read. */
export const TUS_REQUEST_HEADERS = [
  'Tus-Resumable',
  'Upload-Checksum',
  'Upload-Defer-Length',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
]
export const TUS_RESPONSE_HEADERS = [
  'Location',
  'Tus-Checksum-Algorithm',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Resumable',
  'Tus-Version',
  'Upload-Defer-Length',
  'Upload-Expires',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
]

/** Sets the headers of each response. It comes before CORS, which responds to OPTIONS by itself. */
export const setTusHeaders = createMiddleware<ApiEnv>(async (c, next) => {
  await next()
  c.res.headers.set('Tus-Resumable', VERSION)
  if (c.req.method === 'OPTIONS') {
    c.res.headers.set('Tus-Version', VERSION)
    c.res.headers.set('Tus-Extension', EXTENSIONS.join(','))
    c.res.headers.set('Tus-Max-Size', String(MAX_FILE_BYTES))
    c.res.headers.set('Tus-Checksum-Algorithm', CHECKSUM_ALGORITHMS.join(','))
  }
})

/** Needs no API key: browsers send OPTIONS without one. `setTusHeaders` describes the service. */
export const answerOptions = createMiddleware<ApiEnv>(async (c, next) =>
  c.req.method === 'OPTIONS' ? c.body(null, 204) : next(),
)

export const requireTusVersion = createMiddleware<ApiEnv>(async (c, next) => {
  const version = c.req.header('Tus-Resumable')
  if (version === VERSION) {
    return next()
  }
  c.header('Tus-Version', VERSION)
  return errorResponse(
    c,
    errorResult(
      'unsupported_version',
      `The header Tus-Resumable must be ${VERSION} (got ${version === undefined ? 'none' : quote(version)}).`,
    ),
  )
})

type Parsed<Value> = { ok: true; value: Value } | ErrorResult<'invalid_request'>

/** Reads a header that is a number of bytes; null if it is absent. */
export function readByteCount(c: Context, name: string): Parsed<number | null> {
  const text = c.req.header(name)
  if (text === undefined) {
    return { ok: true, value: null }
  }
  const value = Number(text)
  return /^\d+$/.test(text) && Number.isSafeInteger(value)
    ? { ok: true, value }
    : errorResult('invalid_request', `${name} must be a number of bytes (got ${quote(text)}).`)
}

/** Reads `Upload-Length` or `Upload-Defer-Length`: exactly one of them. Null: deferred. */
export function readLength(c: Context): Parsed<number | null> {
  const length = readByteCount(c, 'Upload-Length')
  if (!length.ok) {
    return length
  }
  const deferred = c.req.header('Upload-Defer-Length')
  if (deferred !== undefined && deferred !== '1') {
    return errorResult(
      'invalid_request',
      `Upload-Defer-Length must be 1 (got ${quote(deferred)}). Leave it out if the length is known.`,
    )
  }
  return (length.value === null) === (deferred === '1')
    ? length
    : errorResult(
        'invalid_request',
        'Send either Upload-Length, or "Upload-Defer-Length: 1" if the length is not known yet.',
      )
}

/** A key of the metadata whose value gives access, so that it is not stored. */
const SIGNED_URL_KEY = 'signedUrl'

export interface Metadata {
  /** The header, without the signed URL. */
  text: string
  values: Map<string, string>
  signedUrl: string | null
}

/** Reads `Upload-Metadata`: keys with values in base64. */
export function readMetadata(c: Context): Parsed<Metadata> {
  const text = c.req.header('Upload-Metadata') ?? ''
  if (text.length > MAX_METADATA_BYTES) {
    return errorResult(
      'invalid_request',
      `Upload-Metadata may have up to ${MAX_METADATA_BYTES} bytes (got ${text.length}).`,
    )
  }
  const values = new Map<string, string>()
  const pairs = text === '' ? [] : text.split(',')
  for (const pair of pairs) {
    const [key = '', encoded = '', ...rest] = pair.trim().split(' ')
    const value = decodeText(encoded)
    if (key === '' || rest.length > 0 || value === null || values.has(key)) {
      return errorResult(
        'invalid_request',
        `Upload-Metadata: ${shorten(pair.trim())} is not valid. Send different keys, each followed by a space and its value in base64, separated by commas.`,
      )
    }
    values.set(key, value)
  }
  const kept = pairs.filter((pair) => !pair.trim().startsWith(`${SIGNED_URL_KEY} `))
  const signedUrl = values.get(SIGNED_URL_KEY) ?? null
  return { ok: true, value: { text: kept.join(','), values, signedUrl } }
}

function decodeText(base64: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Reads `Upload-Checksum`; null if it is absent. */
export function readChecksum(c: Context): Parsed<Checksum | null> {
  const text = c.req.header('Upload-Checksum')
  if (text === undefined) {
    return { ok: true, value: null }
  }
  const [name, digest, ...rest] = text.split(' ')
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name)
  return algorithm && digest !== undefined && rest.length === 0
    ? { ok: true, value: { algorithm, digest } }
    : errorResult(
        'invalid_request',
        `Upload-Checksum must be one of ${CHECKSUM_ALGORITHMS.join(', ')}, a space, and the digest in base64 (got ${quote(text)}).`,
      )
}
