/** `/signed-urls`: creates URLs for one variant, original or upload that need no API key. */
import { type CreateSignedUrl, createSignedUrl, signedUrl } from '../../contract/apiKey.ts'
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { type Caller, canSeePath } from '../../domain/caller.ts'
import { errorResult } from '../../domain/result.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { originalPath, splitPackageFile } from '../../domain/transformation/variantPath.ts'
import { folderError, missingScopeError } from '../../services/apiKeys/accessErrors.ts'
import type { Platform } from '../../services/ports.ts'
import { resolveVariantPath } from '../../services/variants/namedPresets.ts'
import { hiddenFileError } from '../../services/variants/referenceFiles.ts'
import { findNameError } from '../../storage/contentCheck.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'
import { signUrl } from '../signedUrl.ts'

/**
 * The scope that signing needs, by method of the signed request. It is the scope of that request,
 * so that a key cannot sign what it may not do itself.
 */
const SCOPES = { GET: 'jobs:read', PUT: 'files:write' } as const

const signRoute = route(requiresScope('jobs:read', 'files:write'), {
  tags: ['files'],
  operationId: 'createSignedUrl',
  method: 'post',
  path: '/signed-urls',
  summary: 'Create a URL that reads a variant or original, or stores a file, for a limited time',
  request: { body: jsonBody(createSignedUrl) },
  responses: {
    201: json(signedUrl, 'The URL'),
    ...errors('invalid_path', 'invalid_transformation', 'content_mismatch'),
  },
})

/**
 * Reads the path to sign: for PUT, of an original; for GET, of a variant, a file of a package or an
 * original.
 */
async function readPath(platform: Platform, caller: Caller, { method, path }: CreateSignedUrl) {
  if (method === 'GET') {
    const queue = caller.queue ?? DEFAULT_QUEUE
    const name = await resolveVariantPath(platform, caller, queue, path)
    return name.ok ? { ok: true as const, ...splitPackageFile(name.filePath, name.variant) } : name
  }
  const { success, data, error } = originalPath.safeParse(path)
  if (!success) {
    return errorResult('invalid_path', `path: ${error.issues[0]!.message}`)
  }
  // Every route that stores a file rejects the same names.
  return (
    findNameError(data) ?? { ok: true as const, filePath: data, variant: null, packageFile: null }
  )
}

export const signedUrlRoutes = createApi().openapi(signRoute, async (c) => {
  const request = c.req.valid('json')
  const { method } = request
  const caller = c.get('caller')
  const missing = missingScopeError(caller, SCOPES[method])
  if (missing) {
    return errorResponse(c, missing)
  }
  const name = await readPath(c.get('platform'), caller, request)
  if (!name.ok) {
    return errorResponse(c, name)
  }
  const { filePath, variant, packageFile } = name
  if (!canSeePath(caller, filePath)) {
    return errorResponse(c, folderError(caller))
  }
  const hidden = variant === null ? null : hiddenFileError(caller, [readCanonicalForm(variant)])
  if (hidden) {
    return errorResponse(c, hidden)
  }
  const { signingKeys } = c.get('platform').settings
  if (signingKeys.length === 0) {
    return errorResponse(
      c,
      errorResult('not_configured', 'Neither SIGNING_KEYS nor API_KEY is set.'),
    )
  }
  const exp = Math.floor(Date.now() / 1000) + request.expiresInSeconds
  const { maxBytes, contentType } =
    method === 'PUT' ? request : { maxBytes: undefined, contentType: undefined }
  const path = await signUrl(signingKeys, { method, filePath, variant }, packageFile, {
    exp: String(exp),
    key: caller.keyId!,
    maxBytes: maxBytes === undefined ? null : String(maxBytes),
    contentType: contentType ?? null,
  })
  c.header('Cache-Control', 'no-store')
  const url = new URL(path, c.req.url).href
  return c.json({ url, expiresAt: new Date(exp * 1000).toISOString() }, 201)
})
