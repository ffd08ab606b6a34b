/**
 * Signed URLs: leave to read one variant or to store one file, for a while, without a key. What is
 * signed is what the URL means (method, variant, path, expiry, limits, who signed), not how it is
 * spelled, so another spelling of the same thing is the same leave and any other thing is none.
 */
import type { Context } from 'hono'
import type { CreateSignedUrl } from '../contract/apiKey.ts'
import { type Caller, ROOT } from '../domain/caller.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { isValidSignature, type SigningKeys, sign } from '../domain/signature.ts'
import { callerById } from '../services/apiKeys/apiKeys.ts'
import { encodePath, encodeVariant } from '../services/serializers.ts'
import { type ApiEnv } from './router.ts'

export interface Target {
  method: CreateSignedUrl['method']
  variant: string | null
  filePath: string
}
/** All that is text in the URL is signed as that text. */
interface Terms {
  exp: string
  key: string
  maxBytes: string | null
  contentType: string | null
}

function signedText(
  { method, variant, filePath }: Target,
  { exp, key, maxBytes, contentType }: Terms,
) {
  return JSON.stringify(['1', method, variant, filePath, exp, key, maxBytes, contentType])
}

/** The URL, without its origin; of a package that of one file, though all of it is signed. */
export async function signUrl(
  ring: SigningKeys,
  target: Target,
  member: string | null,
  terms: Terms,
): Promise<string> {
  const { method, variant, filePath } = target
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(terms)) {
    if (value !== null) {
      query.set(name, value)
    }
  }
  query.set('sig', await sign(ring, 'signed-url', signedText(target, terms)))
  const path = encodePath(member === null ? filePath : `${filePath}/${member}`)
  const place =
    method === 'PUT' ? '/files' : variant === null ? '/t' : `/t/${encodeVariant(variant)}`
  return `${place}/${path}?${query}`
}

export interface SignedAccess {
  /** Who signed, as its key is now. */
  caller: Caller
  until: number
  maxBytes: number | null
  contentType: string | null
}

/** The leave that a request's URL gives for `target`; null when it is not a signed one. */
export async function readSignature(
  c: Context<ApiEnv>,
  target: Target,
): Promise<{ ok: true; leave: SignedAccess } | ErrorResult<'forbidden'> | null> {
  const sig = c.req.query('sig')
  if (sig === undefined) {
    return null
  }
  const terms = {
    exp: c.req.query('exp') ?? '',
    key: c.req.query('key') ?? '',
    maxBytes: c.req.query('maxBytes') ?? null,
    contentType: c.req.query('contentType') ?? null,
  }
  const text = signedText(target, terms)
  if (!(await isValidSignature(c.get('platform').settings.signingKeys, 'signed-url', text, sig))) {
    return errorResult(
      'forbidden',
      'The signature is not for this URL: something in it was changed.',
    )
  }
  const until = Number(terms.exp) * 1000
  if (until <= Date.now()) {
    return errorResult('forbidden', 'This URL has expired. Ask for a new one.')
  }
  const found =
    terms.key === 'root'
      ? { ok: true as const, caller: ROOT }
      : await callerById(c.get('platform'), terms.key)
  if (!found.ok) {
    return errorResult(
      'forbidden',
      'The key that signed this URL was deleted, disabled or has expired.',
    )
  }
  const maxBytes = terms.maxBytes === null ? null : Number(terms.maxBytes)
  const { contentType } = terms
  return { ok: true, leave: { caller: found.caller, until, maxBytes, contentType } }
}

/** What of an upload is not as its URL has it, or null. */
export function signedLimitError(
  c: Context<ApiEnv>,
  { maxBytes, contentType }: SignedAccess,
  sizeBytes: number,
): ErrorResult<'too_large' | 'content_mismatch'> | null {
  if (maxBytes !== null && sizeBytes > maxBytes) {
    return errorResult(
      'too_large',
      `This URL takes up to ${maxBytes} bytes; these are ${sizeBytes}.`,
    )
  }
  const sent = c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase()
  if (contentType !== null && sent !== contentType.toLowerCase()) {
    return errorResult(
      'content_mismatch',
      `This URL takes a body with the Content-Type ${contentType}.`,
    )
  }
  return null
}
