/** Reads the answer of a server to the request for a file or for a range of it. */
import { shorten } from '../../contract/quote.ts'
import { readRetryAfter } from '../../domain/retryAfter.ts'
import type { RemoteAnswer } from '../ports.ts'
import type { ImportFailure } from './stepOutcome.ts'

/** An answer with (a part of) the file. */
export interface RemoteBody {
  body: ReadableStream<Uint8Array> | null
  host: string
  contentType: string | null
  /** Bytes of this body; null if the server does not say it. */
  bodyBytes: number | null
  /** Size of the file; null if the server does not say it. */
  sizeBytes: number | null
  /** True if it is the range that was requested, false if it is the whole file. */
  isRange: boolean
  etag: string | null
  validator: string | null
}

export type ReadAnswer =
  | { type: 'body'; remote: RemoteBody }
  | { type: 'unchanged' }
  | { type: 'changed' }
  | ({ type: 'failed' } & ImportFailure)

/** Statuses after which another try can succeed, besides those from 500. */
const TEMPORARY = [408, 425, 429]
/** A file that was changed in the second of its date can change again without a new date. */
const MIN_AGE_MS = 2_000

/** @param offset where the requested range begins */
export function readAnswer(answer: RemoteAnswer, offset: number, now: number): ReadAnswer {
  if (!answer.ok) {
    const { reason, message } = answer
    return reason === 'refused'
      ? { type: 'failed', code: 'import_refused', message }
      : { type: 'failed', code: 'import_unavailable', message, retryAfterMs: 0 }
  }
  const { status, headers, host } = answer
  if (status === 304) {
    return { type: 'unchanged' }
  }
  if (status === 416) {
    return offset > 0
      ? { type: 'changed' }
      : { type: 'failed', code: 'import_invalid', message: `The file on ${host} is empty.` }
  }
  if (status !== 200 && status !== 206) {
    return { type: 'failed', ...describeStatus(answer, now) }
  }
  const encoding = headers.get('Content-Encoding')
  if (encoding !== null && encoding !== 'identity') {
    return {
      type: 'failed',
      code: 'import_unavailable',
      message: `The server ${host} compresses the file (Content-Encoding: ${shorten(encoding)}), although the request does not accept it. It must send the file as it is.`,
    }
  }
  const range = status === 206 ? readContentRange(headers) : null
  if (status === 206 && range?.start !== offset) {
    return {
      type: 'failed',
      code: 'import_unavailable',
      message: `The server ${host} answers a request for the bytes from ${offset} with another range (Content-Range: ${shorten(headers.get('Content-Range') ?? 'missing')}).`,
    }
  }
  if (status === 200 && offset > 0) {
    return { type: 'changed' }
  }
  const length = readCount(headers.get('Content-Length'))
  const remote = {
    body: answer.body,
    host,
    contentType: headers.get('Content-Type'),
    bodyBytes: range ? range.end + 1 - range.start : length,
    sizeBytes: range ? range.size : length,
    isRange: range !== null,
    etag: readEtag(headers),
    validator: readValidator(headers, now),
  }
  return { type: 'body', remote }
}

function describeStatus(
  { status, headers, host }: Extract<RemoteAnswer, { ok: true }>,
  now: number,
): ImportFailure {
  const code = 'import_unavailable'
  if (status >= 500 || TEMPORARY.includes(status)) {
    const retryAfterMs = readRetryAfter(headers.get('Retry-After'), now) ?? 0
    return { code, message: `The server ${host} answered with ${status}.`, retryAfterMs }
  }
  if (status === 401 || status === 403) {
    return {
      code,
      message: `The server ${host} refuses access (${status}). Send the request headers that it needs in source.headers, a signed URL that has not expired, or a credential that may read the object. Headers are not sent to another origin after a redirect.`,
    }
  }
  if (status === 404 || status === 410) {
    return { code, message: `The server ${host} has no such file (${status}). Check the source.` }
  }
  return {
    code,
    message: `The server ${host} answered with ${status}. It must answer a GET request with 200 or 206.`,
  }
}

function readContentRange(headers: Headers) {
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/i.exec(
    headers.get('Content-Range')?.trim() ?? '',
  )
  const [start, end, size] = match ? match.slice(1).map(Number) : []
  return start === undefined || end! < start || end! >= size!
    ? null
    : { start, end: end!, size: size! }
}

function readCount(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null
}

function readEtag(headers: Headers): string | null {
  const etag = headers.get('ETag')
  return etag !== null && /^(W\/)?"[\x21\x23-\x7e]{0,200}"$/.test(etag) ? etag : null
}

/** Returns what identifies the very bytes of the file: a strong ETag, or else a date that is old enough. */
function readValidator(headers: Headers, now: number): string | null {
  const etag = readEtag(headers)
  if (etag !== null && !etag.startsWith('W/')) {
    return etag
  }
  const modified = headers.get('Last-Modified')
  const date = Date.parse(headers.get('Date') ?? '')
  const answeredAt = Number.isNaN(date) ? now : date
  return modified !== null && answeredAt - Date.parse(modified) >= MIN_AGE_MS ? modified : null
}

/** Returns the failure of a file that is too large; null if it is not. */
export function findSizeFailure(sizeBytes: number, maxBytes: number): ImportFailure | null {
  return sizeBytes <= maxBytes
    ? null
    : {
        code: 'import_too_large',
        message: `The file has ${sizeBytes} bytes or more, and an import may have ${maxBytes} (setting IMPORT_MAX_BYTES). Import a smaller file, or raise the limit.`,
      }
}
