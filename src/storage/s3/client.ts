/** Sends signed requests to a bucket of an S3-compatible service, and creates presigned URLs. */
import { AwsV4Signer } from 'aws4fetch'
import { readElement } from './xml.ts'

/** A bucket, and the credential that opens it. */
export interface S3Bucket {
  /** URL of the S3 API, without a slash at its end. Buckets are addressed by path. */
  endpoint: string
  region: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
}

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'

export interface S3Request {
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  body?: ReadableStream | string
}

/** An unexpected response. Its message is for the log: it names the bucket and the key. */
export class S3Error extends Error {
  override name = 'S3Error'
  readonly status: number
  /** The error code of S3, such as `AccessDenied`. */
  readonly code: string
  constructor(request: string, status: number, code: string) {
    super(`${request} returned ${status} ${code}`)
    this.status = status
    this.code = code
  }
}

/** Time for a response to begin. Completing a large upload takes the longest. */
const RESPONSE_MS = 60_000

export interface S3Client {
  /** Sends a request, and returns its response whatever its status. Redirects are not followed. */
  send(method: Method, key: string, request?: S3Request): Promise<Response>
  /** Returns the error of a response. Reads its body. */
  toError(method: Method, key: string, response: Response): Promise<S3Error>
  /**
   * Returns a URL with which anybody can send the request. The headers are signed: the request must
   * have them with the same values.
   */
  presign(
    method: Method,
    key: string,
    options: S3Request & { expiresInSeconds: number },
  ): Promise<string>
}

/**
 * @param streamMs time for a request whose body is a stream. Without it there is none: the body can come from a slow
 *   sender
 */
export function createS3Client(bucket: S3Bucket, streamMs: number | null = null): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey } = bucket
  const name = bucket.bucket
  const identity = { accessKeyId, secretAccessKey, region, service: 's3' }

  function urlOf(key: string, query: Readonly<Record<string, string>> = {}): string {
    const search = Object.entries(query)
      .map(([field, value]) => `${field}=${encodeURIComponent(value)}`)
      .join('&')
    const path = key === '' ? '' : `/${encodeKey(key)}`
    return `${endpoint}/${name}${path}${search === '' ? '' : `?${search}`}`
  }

  return {
    async send(method, key, { query, headers = {}, body } = {}) {
      // The payload is not part of the signature, so that it can be streamed. TLS protects it.
      const signer = new AwsV4Signer({ ...identity, method, url: urlOf(key, query), headers })
      const signed = await signer.sign()
      // A proxy that compresses a response removes its length. Not signed, because proxies may change it.
      signed.headers.set('Accept-Encoding', 'identity')
      const late = new AbortController()
      const limitMs = body instanceof ReadableStream ? streamMs : RESPONSE_MS
      const timer =
        limitMs === null
          ? null
          : setTimeout(
              () => late.abort(new Error(`no response within ${limitMs / 1000} s`)),
              limitMs,
            )
      try {
        return await fetch(signed.url.href, {
          method,
          headers: signed.headers,
          redirect: 'manual',
          signal: late.signal,
          ...(body !== undefined && { body }),
        })
      } finally {
        clearTimeout(timer)
      }
    },
    async toError(method, key, response) {
      const text = await response.text()
      const code = readElement(text, 'Code') ?? 'without an error code'
      return new S3Error(`${method} ${name}/${key}`, response.status, code)
    },
    async presign(method, key, { query, headers = {}, expiresInSeconds }) {
      const expires = { 'X-Amz-Expires': String(expiresInSeconds) }
      const url = urlOf(key, { ...query, ...expires })
      const signer = new AwsV4Signer({
        ...identity,
        method,
        url,
        headers,
        signQuery: true,
        allHeaders: true,
      })
      return (await signer.sign()).url.href
    },
  }
}

/** Percent-encodes what the signature encodes, so that both have the same path. */
function encodeKey(key: string): string {
  return key
    .split('/')
    .map((segment) =>
      encodeURIComponent(segment).replace(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/')
}
