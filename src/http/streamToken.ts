/** Stream tokens: an EventSource cannot send headers, so its leave to follow is in the URL, and short. */
import { z } from 'zod'
import { fromBase64url, toBase64url } from '../domain/base64url.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { isValidSignature, type SigningKeys, sign } from '../domain/signature.ts'

const grant = z.object({
  /** Who has minted it, and has to be good for it still. */
  keyId: z.string(),
  queue: z.string(),
  pathPrefix: z.string().nullable(),
  filePath: z.string().nullable(),
  jobId: z.string().nullable(),
  /** Milliseconds since the epoch. */
  until: z.int(),
})
export type Grant = z.infer<typeof grant>

export async function mintToken(ring: SigningKeys, given: Grant): Promise<string> {
  const payload = toBase64url(new TextEncoder().encode(JSON.stringify(given)))
  return `${payload}.${await sign(ring, 'stream-token', payload)}`
}

/** What a token grants, if it was signed here and its time is not over. */
export async function readToken(
  ring: SigningKeys,
  token: string,
): Promise<{ ok: true; grant: Grant } | ErrorResult<'unauthorized'>> {
  const dot = token.indexOf('.')
  const payload = token.slice(0, Math.max(dot, 0))
  const signed = await isValidSignature(ring, 'stream-token', payload, token.slice(dot + 1))
  const bytes = signed ? fromBase64url(payload) : null
  if (!bytes) {
    return errorResult(
      'unauthorized',
      'This token was not signed here. Mint one with POST /queue/events/token.',
    )
  }
  const read = grant.parse(JSON.parse(new TextDecoder().decode(bytes)))
  if (read.until <= Date.now()) {
    return errorResult(
      'unauthorized',
      'This token has expired. Mint one with POST /queue/events/token.',
    )
  }
  return { ok: true, grant: read }
}
