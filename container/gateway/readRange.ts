/**
 * Reads a range of a source with `node:http`, which takes half of the processor time of `fetch`. The
 * bytes are returned in the pieces in which they arrive, and each is copied by nothing but the parser.
 */
import { createHash } from 'node:crypto'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { NO_DIGEST } from '../../src/contract/runnerProtocol.ts'
import { GatewayRejection } from '../failures.ts'
import { type Connection, readError, writeContentDigest } from './request.ts'

interface RangeRequest {
  /** Path below `/runner/`, with the query. */
  path: string
  start: number
  /** Exclusive. */
  end: number
  /** False to request no digest. */
  hasDigest: boolean
  /** Maximum time without new bytes. */
  stallMs: number
}

/**
 * @throws GatewayRejection when the response is not the requested range; the error for its status;
 *   Error when the body stalls, has the wrong length or does not match its digest, after which the
 *   caller can retry
 */
export function readRange(
  { path, start, end, hasDigest, stallMs }: RangeRequest,
  { baseUrl, headers, signal, onResponse }: Connection,
): Promise<Buffer[]> {
  const url = new URL(path, baseUrl)
  const rangeHeaders = {
    range: `bytes=${start}-${end - 1}`,
    ...(!hasDigest && { 'want-content-digest': NO_DIGEST }),
  }
  const get = url.protocol === 'https:' ? getHttps : getHttp
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { ...headers, ...rangeHeaders }, signal }, (response) => {
      onResponse()
      const timer = setTimeout(() => {
        response.destroy(new Error(`no bytes arrived for ${stallMs} ms`))
      }, stallMs)
      response.on('data', () => timer.refresh())
      readResponse(response, { start, end })
        .finally(() => clearTimeout(timer))
        .then(resolve, reject)
    })
    request.on('error', reject)
  })
}

async function readResponse(
  response: IncomingMessage,
  { start, end }: { start: number; end: number },
): Promise<Buffer[]> {
  const { statusCode = 0, headers } = response
  if (statusCode >= 300) {
    const body = await readBody(response, MAX_ERROR_BYTES).catch(() => [])
    throw readError(statusCode, Buffer.concat(body).toString())
  }
  const contentRange = String(headers['content-range'] ?? 'none')
  if (statusCode !== 206 || !contentRange.startsWith(`bytes ${start}-${end - 1}/`)) {
    response.destroy()
    throw new GatewayRejection(
      statusCode,
      `bytes ${start}-${end - 1} were requested, and the gateway returned ${contentRange}`,
    )
  }
  const pieces = await readBody(response, end - start)
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if (length !== end - start) {
    throw new Error(`the response has ${length} bytes instead of ${end - start}`)
  }
  const digest = String(headers['content-digest'] ?? '')
  if (digest.startsWith('sha-256=') && digest !== computeDigest(pieces)) {
    throw new Error(`bytes ${start}-${end - 1} do not match their digest`)
  }
  return pieces
}

/** An error response has a short text, of which the rest is not read. */
const MAX_ERROR_BYTES = 4_096

/** Reads the body until it ends, or is longer than `maxBytes`. @throws Error if the connection breaks */
async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    response
      .on('data', (piece: Buffer) => {
        pieces.push(piece)
        length += piece.length
        if (length > maxBytes) {
          resolve(pieces)
          response.destroy()
        }
      })
      .on('end', () => resolve(pieces))
      .on('error', reject)
      .on('close', () => reject(new Error('the connection was closed')))
  })
}

function computeDigest(pieces: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) {
    hash.update(piece)
  }
  return writeContentDigest(hash)
}
