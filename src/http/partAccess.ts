/**
 * Access to part 1 of a direct upload, by an API key or by a signed URL, for a client that has the URLs
 * of all parts and no key.
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Caller } from '../domain/caller.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { isValidSignature, sign } from '../domain/signature.ts'
import type { ApiEnv } from './apiEnv.ts'
import { requiresScope } from './middleware/authenticate.ts'
import { findSigner } from './signedUrl.ts'
import { type AccessError, findSignerError } from './tusAccess.ts'

const write = requiresScope('files:write')

/** An API key, or the signature of part 1, which `readPartCaller` checks. */
export const keyOrPartSignature = {
  ...write,
  middleware: createMiddleware<ApiEnv>(async (c, next) =>
    c.req.query('sig') === undefined ? write.middleware(c, next) : next(),
  ),
}

function signedText(uploadId: string, exp: string, keyId: string) {
  return JSON.stringify(['1', uploadId, exp, keyId])
}

/** Signs a URL that stores part 1 until `expiresAt` (ms since the epoch). */
export async function signFirstPart(
  c: Context<ApiEnv>,
  uploadId: string,
  expiresAt: number,
): Promise<{ ok: true; url: string } | ErrorResult<'not_configured'>> {
  const { signingKeys } = c.get('platform').settings
  if (signingKeys.length === 0) {
    return errorResult('not_configured', 'Direct uploads need the secret SIGNING_KEYS or API_KEY.')
  }
  const url = new URL(`/uploads/${uploadId}/1`, c.req.url)
  const exp = String(Math.floor(expiresAt / 1000))
  const key = c.get('caller').keyId!
  const sig = await sign(signingKeys, 'upload-part', signedText(uploadId, exp, key))
  for (const [name, value] of Object.entries({ exp, key, sig })) {
    url.searchParams.set(name, value)
  }
  return { ok: true, url: url.href }
}

/** Returns the caller that stores a part: that of the API key, or the one that signed the URL. */
export async function readPartCaller(
  c: Context<ApiEnv>,
  uploadId: string,
  partNumber: number,
): Promise<{ ok: true; caller: Caller } | ErrorResult<AccessError>> {
  const sig = c.req.query('sig')
  if (sig === undefined) {
    return { ok: true, caller: c.get('caller') }
  }
  const exp = c.req.query('exp') ?? ''
  const keyId = c.req.query('key') ?? ''
  const { signingKeys } = c.get('platform').settings
  const text = signedText(uploadId, exp, keyId)
  if (partNumber !== 1 || !(await isValidSignature(signingKeys, 'upload-part', text, sig))) {
    return errorResult(
      'forbidden',
      'The signature does not match this part. Use the URL of GET /uploads/{uploadId}/{part}/url unchanged.',
    )
  }
  if (Number(exp) * 1000 <= Date.now()) {
    return errorResult('forbidden', 'This URL has expired. Request a new one.')
  }
  const found = await findSigner(c, keyId)
  if (!found.ok) {
    return found
  }
  return (await findSignerError(c, found.caller)) ?? found
}
