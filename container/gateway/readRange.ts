/** Reads the response to a range request. Checks its range, its length and, if sent, its digest. */
import { GatewayRejection } from '../failures.ts'
import { computeContentDigest } from './request.ts'

/**
 * @param range bytes that were requested; `end` is exclusive
 * @param stallMs maximum time without new bytes
 * @throws GatewayRejection when the response is not the requested range; Error when the body
 *   stalls, has the wrong length or does not match its digest, after which the caller can retry
 */
export async function readRange(
  response: Response,
  { start, end }: { start: number; end: number },
  stallMs: number,
): Promise<Buffer> {
  const contentRange = response.headers.get('content-range') ?? 'none'
  if (response.status !== 206 || !contentRange.startsWith(`bytes ${start}-${end - 1}/`)) {
    await response.body?.cancel()
    throw new GatewayRejection(
      response.status,
      `bytes ${start}-${end - 1} were requested, and the gateway returned ${contentRange}`,
    )
  }
  const bytes = await readBody(response, stallMs)
  if (bytes.length !== end - start) {
    throw new Error(`the response has ${bytes.length} bytes instead of ${end - start}`)
  }
  const digest = response.headers.get('content-digest') ?? ''
  if (digest.startsWith('sha-256=') && digest !== computeContentDigest(bytes)) {
    throw new Error(`bytes ${start}-${end - 1} do not match their digest`)
  }
  return bytes
}

/** Returns the bytes received until the body ends, or until none arrive for `stallMs`. */
async function readBody(response: Response, stallMs: number): Promise<Buffer> {
  const reader = response.body!.getReader()
  const chunks: Uint8Array[] = []
  for (;;) {
    const timer = setTimeout(() => void reader.cancel(), stallMs)
    const { done, value } = await reader.read().finally(() => clearTimeout(timer))
    if (done) {
      return Buffer.concat(chunks)
    }
    chunks.push(value)
  }
}
