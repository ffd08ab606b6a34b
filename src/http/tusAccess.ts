/**
 * Access to tus uploads: by an API key or, for visitors, by a signed URL of the method PUT, which
 * they send when they create the upload. The URL of the upload is then signed itself, so that the
 * upload can be resumed after the first URL has expired. Both are valid as long as the API key that
 * signed.
 */
import { type Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Caller } from '../domain/caller.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import { isValidSignature, sign } from '../domain/signature.ts'
import { originalPath } from '../domain/transformation/variantPath.ts'
import { missingScopeError } from '../services/apiKeys/accessErrors.ts'
import { findVisibleTusUpload, type TusUpload } from '../services/tusUploads/findUpload.ts'
import type { ApiEnv } from './apiEnv.ts'
import { requiresScope } from './middleware/authenticate.ts'
import { checkCallerRateLimit } from './middleware/rateLimit.ts'
import { checkSignature, findSigner, type SignedAccess } from './signedUrl.ts'
import { readMetadata } from './tusProtocol.ts'

const write = requiresScope('files:write')

/** An API key, or a signed URL in the metadata, which `readTarget` checks. */
export const keyOrSignedUrl = keyUnless((c) => {
  const metadata = readMetadata(c)
  return metadata.ok && metadata.value.signedUrl !== null
})

/** An API key, or the signature of an upload, which `findAccessibleUpload` checks. */
export const keyOrSignature = keyUnless((c) => c.req.query('sig') !== undefined)

/** Requires an API key, unless the request is signed. */
function keyUnless(isSigned: (c: Context<ApiEnv>) => boolean) {
  const middleware = createMiddleware<ApiEnv>(async (c, next) =>
    isSigned(c) ? next() : write.middleware(c, next),
  )
  return { ...write, middleware }
}

export interface UploadTarget {
  caller: Caller
  filePath: string
  /** Null if the caller has an API key. */
  signed: SignedAccess | null
}

/** Returns who creates an upload, and of which file. */
export async function readTarget(
  c: Context<ApiEnv>,
  { values, signedUrl }: { values: Map<string, string>; signedUrl: string | null },
): Promise<
  ({ ok: true } & UploadTarget) | ErrorResult<'forbidden' | 'invalid_path' | AccessError>
> {
  if (signedUrl === null) {
    const named = values.get('filePath') ?? values.get('filename') ?? ''
    const path = originalPath.safeParse(named)
    return path.success
      ? { ok: true, caller: c.get('caller'), filePath: path.data, signed: null }
      : errorResult(
          'invalid_path',
          `Upload-Metadata must have a filePath (or filename). ${path.error.issues[0]!.message}`,
        )
  }
  const url = URL.canParse(signedUrl, c.req.url) ? new URL(signedUrl, c.req.url) : null
  const path = originalPath.safeParse(decodePath(url?.pathname ?? ''))
  if (!url || !path.success) {
    return errorResult(
      'forbidden',
      'Upload-Metadata: signedUrl must be a URL that POST /signed-urls has returned for the method PUT.',
    )
  }
  const filePath = path.data
  const target = { method: 'PUT', variant: null, filePath } as const
  const signed = await checkSignature(c, target, url.searchParams)
  if (!signed.ok) {
    return signed
  }
  const { access } = signed
  const denied = await findSignerError(c, access.caller)
  return denied ?? { ok: true, caller: access.caller, filePath, signed: access }
}

/** The path of a file in the path of a signed URL; empty if it is none. */
function decodePath(pathname: string): string {
  try {
    return /^\/files\/(.+)$/.exec(decodeURIComponent(pathname))?.[1] ?? ''
  } catch {
    return ''
  }
}

export type AccessError = 'forbidden' | 'unauthorized' | 'rate_limited'

/** Checks what the middleware checks of a caller with an API key. */
export async function findSignerError(
  c: Context<ApiEnv>,
  caller: Caller,
): Promise<ErrorResult<AccessError> | null> {
  const missing = missingScopeError(caller, 'files:write')
  if (missing) {
    return missing
  }
  const limited = await checkCallerRateLimit(c, 'UPLOADS', caller)
  return limited.ok ? null : limited
}

function signedText(id: string, keyId: string) {
  return JSON.stringify(['1', id, keyId])
}

/** Returns the URL of an upload; signed, if the upload was created with a signed URL. */
export async function uploadUrl(
  c: Context<ApiEnv>,
  id: string,
  { caller, signed }: UploadTarget,
): Promise<string> {
  const url = new URL(`/tus/${id}`, c.req.url)
  if (signed) {
    const keyId = caller.keyId!
    const { signingKeys } = c.get('platform').settings
    url.searchParams.set('key', keyId)
    url.searchParams.set('sig', await sign(signingKeys, 'tus-upload', signedText(id, keyId)))
  }
  return url.href
}

/** Returns an upload that the request has access to. */
export async function findAccessibleUpload(
  c: Context<ApiEnv>,
  id: string,
): Promise<({ ok: true } & TusUpload) | ErrorResult<'upload_not_found' | AccessError>> {
  const signature = c.req.query('sig')
  let caller: Caller
  if (signature === undefined) {
    caller = c.get('caller')
  } else {
    const keyId = c.req.query('key') ?? ''
    const { signingKeys } = c.get('platform').settings
    if (!(await isValidSignature(signingKeys, 'tus-upload', signedText(id, keyId), signature))) {
      return errorResult(
        'forbidden',
        'The signature does not match this upload. Use the URL of the header Location unchanged.',
      )
    }
    const found = await findSigner(c, keyId)
    const denied = found.ok ? await findSignerError(c, found.caller) : found
    if (denied) {
      return denied
    }
    caller = (found as { caller: Caller }).caller
  }
  return findVisibleTusUpload(c.get('platform'), caller, id)
}
