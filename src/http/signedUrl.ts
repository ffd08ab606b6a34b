/**
 * Signed URLs: access to one variant, one original or one upload without an API key, for a limited
 * time. The signature covers the parsed request (method, canonical form of the variant, path,
 * expiry, limits, id of the API key), not the text of the URL. A URL that is encoded in another way
 * therefore stays valid.
 */
import { quote, shorten } from '../contract/quote.ts'
import { writeCount } from '../contract/writeCount.ts'
import type { Context } from 'hono'
import type { CreateSignedUrl } from '../contract/apiKey.ts'
import { type Caller, ROOT } from '../domain/caller.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { isValidSignature, type SigningKeys, sign } from '../domain/signature.ts'
import { findCallerById } from '../services/apiKeys/apiKeys.ts'
import { encodePath, encodeVariant } from '../services/serializers.ts'
import type { ApiEnv } from './apiEnv.ts'

/** The variant or file that a URL gives access to. */
export interface SignedTarget {
  method: CreateSignedUrl['method']
  /** Null: an original. */
  variant: string | null
  filePath: string
}

/** Signed query parameters, as strings. */
interface SignedTerms {
  /** When the URL expires, in seconds since the epoch. */
  exp: string
  /** The id of the API key that created the URL. */
  key: string
  maxBytes: string | null
  contentType: string | null
}

/** The access that a valid signature grants. */
export interface SignedAccess {
  /** The caller that created the URL, with its current scopes and restriction. */
  caller: Caller
  /** Milliseconds since the epoch. */
  expiresAt: number
  maxBytes: number | null
  contentType: string | null
}

/** Returns the text that is signed. '1' is the version of its format. */
function signedText(
  { method, variant, filePath }: SignedTarget,
  { exp, key, maxBytes, contentType }: SignedTerms,
) {
  return JSON.stringify(['1', method, variant, filePath, exp, key, maxBytes, contentType])
}

/**
 * Returns the path and query of a signed URL.
 *
 * @param packageFile a file of a package, for the path of the URL; the signature is valid for every
 *   file of the package
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
  const variantRoute = variant === null ? '/t' : `/t/${encodeVariant(variant)}`
  return `${method === 'PUT' ? '/files' : variantRoute}/${path}?${query}`
}

/**
 * Returns the access that the signature of a request grants to `target`; null if the request has no
 * signature.
 */
export async function readSignature(
  c: Context<ApiEnv>,
  target: SignedTarget,
): Promise<{ ok: true; access: SignedAccess } | ErrorResult<'forbidden'> | null> {
  return c.req.query('sig') === undefined
    ? null
    : checkSignature(c, target, new URL(c.req.url).searchParams)
}

/** Returns the access that the query of a signed URL grants to `target`. */
export async function checkSignature(
  c: Context<ApiEnv>,
  target: SignedTarget,
  query: URLSearchParams,
): Promise<{ ok: true; access: SignedAccess } | ErrorResult<'forbidden'>> {
  const signature = query.get('sig') ?? ''
  const terms = {
    exp: query.get('exp') ?? '',
    key: query.get('key') ?? '',
    maxBytes: query.get('maxBytes'),
    contentType: query.get('contentType'),
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
  const found = await findSigner(c, terms.key)
  if (!found.ok) {
    return found
  }
  const maxBytes = terms.maxBytes === null ? null : Number(terms.maxBytes)
  const { contentType } = terms
  return { ok: true, access: { caller: found.caller, expiresAt, maxBytes, contentType } }
}

/** Returns the caller that has signed, by the id of its API key. */
export async function findSigner(
  c: Context<ApiEnv>,
  keyId: string,
): Promise<{ ok: true; caller: Caller } | ErrorResult<'forbidden'>> {
  const found =
    keyId === 'root'
      ? { ok: true as const, caller: ROOT }
      : await findCallerById(c.get('platform'), keyId)
  return found.ok
    ? found
    : errorResult(
        'forbidden',
        'The API key that created this URL was deleted, is disabled or has expired.',
      )
}

/**
 * Returns an error if an upload does not meet the limits of its signed URL, else null.
 *
 * @param sent.sizeBytes null if it is not known yet
 */
export function uploadLimitError(
  { maxBytes, contentType }: SignedAccess,
  sent: { sizeBytes: number | null; contentType: string | undefined },
): ErrorResult<'too_large' | 'content_mismatch'> | null {
  const { sizeBytes } = sent
  if (maxBytes !== null && sizeBytes !== null && sizeBytes > maxBytes) {
    return errorResult(
      'too_large',
      `This URL accepts up to ${writeCount(maxBytes, 'byte')} (got ${sizeBytes}).`,
    )
  }
  const header = sent.contentType
  const mediaType = header?.split(';')[0]?.trim().toLowerCase()
  if (contentType !== null && mediaType !== contentType.toLowerCase()) {
    return errorResult(
      'content_mismatch',
      `This URL accepts the Content-Type ${shorten(contentType)} (got ${header ? quote(header) : 'none'}).`,
    )
  }
  return null
}
