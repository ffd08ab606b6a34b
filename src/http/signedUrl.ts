/**
 * Signed URLs: access to one variant or one upload without an API key, for a limited time. The
 * signature covers the meaning of a URL (method, variant, path, expiry, limits, signing key), not its
 * spelling, so every spelling of one request is accepted and no other request is.
 */
import type { Context } from 'hono'
import type { CreateSignedUrl } from '../contract/apiKey.ts'
import { type Caller, ROOT } from '../domain/caller.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { isValidSignature, type SigningKeys, sign } from '../domain/signature.ts'
import { findCallerById } from '../services/apiKeys/apiKeys.ts'
import { encodePath, encodeVariant } from '../services/serializers.ts'
import { type ApiEnv } from './router.ts'

/** What a URL gives access to. */
export interface SignedTarget {
  method: CreateSignedUrl['method']
  /** Null: an original. */
  variant: string | null
  filePath: string
}

/** Query parameters that are signed, as they are written in the URL. */
interface SignedTerms {
  /** When the URL expires, in seconds since the epoch. */
  exp: string
  /** The id of the API key that signed it. */
  key: string
  maxBytes: string | null
  contentType: string | null
}

/** What a valid signature grants. */
export interface SignedAccess {
  /** The caller that signed the URL, with its current scopes and restriction. */
  caller: Caller
  /** Milliseconds since the epoch. */
  expiresAt: number
  maxBytes: number | null
  contentType: string | null
}

function signedText(
  { method, variant, filePath }: SignedTarget,
  { exp, key, maxBytes, contentType }: SignedTerms,
) {
  return JSON.stringify(['1', method, variant, filePath, exp, key, maxBytes, contentType])
}

/**
 * A signed URL without its origin.
 *
 * @param packageFile the file of a package that the URL names; the signature covers the whole package
 */
export async function signUrl(
  keys: SigningKeys,
  target: SignedTarget,
  packageFile: string | null,
  terms: SignedTerms,
): Promise<string> {
  const { method, variant, filePath } = target
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(terms)) {
    if (value !== null) {
      query.set(name, value)
    }
  }
  query.set('sig', await sign(keys, 'signed-url', signedText(target, terms)))
  const path = encodePath(packageFile === null ? filePath : `${filePath}/${packageFile}`)
  const read = variant === null ? '/t' : `/t/${encodeVariant(variant)}`
  return `${method === 'PUT' ? '/files' : read}/${path}?${query}`
}

/** The access that the request's signature grants to `target`. Null: the request has no signature. */
export async function readSignature(
  c: Context<ApiEnv>,
  target: SignedTarget,
): Promise<{ ok: true; access: SignedAccess } | ErrorResult<'forbidden'> | null> {
  const signature = c.req.query('sig')
  if (signature === undefined) {
    return null
  }
  const terms = {
    exp: c.req.query('exp') ?? '',
    key: c.req.query('key') ?? '',
    maxBytes: c.req.query('maxBytes') ?? null,
    contentType: c.req.query('contentType') ?? null,
  }
  const { signingKeys } = c.get('platform').settings
  if (!(await isValidSignature(signingKeys, 'signed-url', signedText(target, terms), signature))) {
    return errorResult(
      'forbidden',
      'The signature does not match this URL. Use the URL unchanged, or request a new one.',
    )
  }
  const expiresAt = Number(terms.exp) * 1000
  if (expiresAt <= Date.now()) {
    return errorResult('forbidden', 'This URL has expired. Request a new one.')
  }
  const found =
    terms.key === 'root'
      ? { ok: true as const, caller: ROOT }
      : await findCallerById(c.get('platform'), terms.key)
  if (!found.ok) {
    return errorResult(
      'forbidden',
      'The API key that signed this URL was deleted, is disabled or has expired.',
    )
  }
  const maxBytes = terms.maxBytes === null ? null : Number(terms.maxBytes)
  const { contentType } = terms
  return { ok: true, access: { caller: found.caller, expiresAt, maxBytes, contentType } }
}

/** The error for an upload that exceeds the limits of its signed URL, or null. */
export function uploadLimitError(
  c: Context,
  { maxBytes, contentType }: SignedAccess,
  sizeBytes: number,
): ErrorResult<'too_large' | 'content_mismatch'> | null {
  if (maxBytes !== null && sizeBytes > maxBytes) {
    return errorResult('too_large', `This URL accepts up to ${maxBytes} bytes (got ${sizeBytes}).`)
  }
  const header = c.req.header('Content-Type')
  const sent = header?.split(';')[0]?.trim().toLowerCase()
  if (contentType !== null && sent !== contentType.toLowerCase()) {
    return errorResult(
      'content_mismatch',
      `This URL accepts the Content-Type ${contentType} (got ${header ? `"${header}"` : 'none'}).`,
    )
  }
  return null
}
