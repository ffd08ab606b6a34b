/**
 * Stream tokens give access to an event stream for a limited time. They are sent in the URL,
 * because EventSource cannot send the header Authorization.
 */
import { z } from 'zod'
import { fromBase64url, toBase64url } from '../domain/base64url.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { isValidSignature, type SigningKeys, sign } from '../domain/signature.ts'

const streamGrant = z.object({
  /** The API key that requested the token. It must still be valid when the token is used. */
  keyId: z.string(),
  /** Null for all queues. */
  queue: z.string().nullable(),
  pathPrefix: z.string().nullable(),
  filePath: z.string().nullable(),
  jobId: z.string().nullable(),
  /** When the token expires, in milliseconds since the epoch. */
  until: z.int(),
})
export type StreamGrant = z.infer<typeof streamGrant>

export async function createToken(keys: SigningKeys, grant: StreamGrant): Promise<string> {
  const payload = toBase64url(new TextEncoder().encode(JSON.stringify(grant)))
  return `${payload}.${await sign(keys, 'stream-token', payload)}`
}

/** Returns the grant of a token; an error if its signature is not valid or it has expired. */
export async function readToken(
  keys: SigningKeys,
  token: string,
): Promise<{ ok: true; grant: StreamGrant } | ErrorResult<'unauthorized'>> {
  const dot = token.indexOf('.')
  const payload = token.slice(0, Math.max(dot, 0))
  const isValid = await isValidSignature(keys, 'stream-token', payload, token.slice(dot + 1))
  const bytes = isValid ? fromBase64url(payload) : null
  if (!bytes) {
    return errorResult(
      'unauthorized',
      'This token is not valid. Create one with POST /queue/events/token.',
    )
  }
  const grant = streamGrant.parse(JSON.parse(new TextDecoder().decode(bytes)))
  if (grant.until <= Date.now()) {
    return errorResult(
      'unauthorized',
      'This token has expired. Create one with POST /queue/events/token.',
    )
  }
  return { ok: true, grant }
}
