/** `/signed-urls`: leave for one file or variant, to be handed to who has no key. */
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { errorResult } from '../../domain/result.ts'
import { createRoute } from '@hono/zod-openapi'
import { type CreateSignedUrl, createSignedUrl, signedUrl } from '../../contract/apiKey.ts'
import { canSeePath } from '../../domain/caller.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { originalPath, splitPackageFile } from '../../domain/transformation/variantPath.ts'
import { missingScopeError, requiresScope } from '../middleware/authenticate.ts'
import { createApi, jsonBody } from '../router.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import { signUrl } from '../signedUrl.ts'
import { outside } from '../../services/files/files.ts'
import type { Platform } from '../../services/ports.ts'
import { resolveVariantPath } from '../../services/variants/namedPresets.ts'
import { hiddenReferenceFile } from '../../services/variants/referenceFiles.ts'

/** Nobody can sign for what it may not do itself. */
const SCOPES = { GET: 'jobs:read', PUT: 'files:write' } as const

const signRoute = createRoute({
  tags: ['files'],
  ...requiresScope('jobs:read', 'files:write'),
  method: 'post',
  path: '/signed-urls',
  summary: 'Sign a URL that reads a variant or stores a file, for a while',
  request: { body: jsonBody(createSignedUrl) },
  responses: { 201: json(signedUrl, 'The URL'), ...errors(400, 401, 403, 429, 503) },
})

/** An original that is to be stored, or a variant, one file of a package, or original to be read. */
async function readName(platform: Platform, queue: string, { method, path }: CreateSignedUrl) {
  if (method === 'GET') {
    const name = await resolveVariantPath(platform, queue, path)
    return name.ok ? { ok: true as const, ...splitPackageFile(name.filePath, name.variant) } : name
  }
  const { success, data, error } = originalPath.safeParse(path)
  if (success) {
    return { ok: true as const, filePath: data, variant: null, member: null }
  }
  const { message } = error.issues[0]!
  return { ok: false as const, code: 'invalid_path' as const, message: `path: ${message}` }
}

export const signedUrlRoutes = createApi().openapi(signRoute, async (c) => {
  const request = c.req.valid('json')
  const caller = c.get('caller')
  const lack = missingScopeError(caller, SCOPES[request.method])
  if (lack) {
    return errorResponse(c, lack)
  }
  const name = await readName(c.get('platform'), caller.queue ?? DEFAULT_QUEUE, request)
  if (!name.ok) {
    return errorResponse(c, name)
  }
  if (!canSeePath(caller, name.filePath)) {
    return errorResponse(c, outside(caller))
  }
  const unseen =
    name.variant === null ? null : hiddenReferenceFile(caller, [readCanonicalForm(name.variant)])
  if (unseen) {
    return errorResponse(c, unseen)
  }
  const ring = c.get('platform').settings.signingKeys
  if (ring.length === 0) {
    return errorResponse(
      c,
      errorResult('not_configured', 'This service has no SIGNING_KEYS and no API_KEY.'),
    )
  }
  const exp = Math.floor(Date.now() / 1000) + request.expiresInSeconds
  const { maxBytes, contentType } =
    request.method === 'PUT' ? request : { maxBytes: undefined, contentType: undefined }
  const path = await signUrl(
    ring,
    { method: request.method, filePath: name.filePath, variant: name.variant },
    name.member,
    {
      exp: String(exp),
      key: caller.keyId!,
      maxBytes: maxBytes === undefined ? null : String(maxBytes),
      contentType: contentType ?? null,
    },
  )
  c.header('Cache-Control', 'no-store')
  const url = new URL(path, c.req.url).href
  return c.json({ url, expiresAt: new Date(exp * 1000).toISOString() }, 201)
})
