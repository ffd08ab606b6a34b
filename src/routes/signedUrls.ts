/** `/signed-urls`: leave for one file or variant, to be handed to who has no key. */
import { createRoute } from '@hono/zod-openapi'
import { type CreateSignedUrl, createSignedUrl, signedUrl } from '../contract/access.ts'
import { seesPath } from '../domain/access.ts'
import { renditionOf } from '../domain/rendition.ts'
import { originalPath, splitMember } from '../domain/variantName.ts'
import { readSigningKeys } from '../env.ts'
import { lacking, withKey } from '../http/access.ts'
import { createApi, jsonBody, platformOf } from '../http/api.ts'
import { errors, json, problem } from '../http/problem.ts'
import { signUrl } from '../http/signedUrl.ts'
import { outside } from '../jobs/file.ts'
import type { Platform } from '../jobs/platform.ts'
import { nameVariant } from '../jobs/preset.ts'
import { unseenReference } from '../jobs/references.ts'

/** Nobody can sign for what it may not do itself. */
const SCOPES = { GET: 'jobs:read', PUT: 'files:write' } as const

const signRoute = createRoute({
  tags: ['files'],
  ...withKey('jobs:read', 'files:write'),
  method: 'post',
  path: '/signed-urls',
  summary: 'Sign a URL that reads a variant or stores a file, for a while',
  request: { body: jsonBody(createSignedUrl) },
  responses: { 201: json(signedUrl, 'The URL'), ...errors(400, 401, 403, 429, 503) },
})

/** An original that is to be stored, or a variant, one file of a package, or original to be read. */
async function readName(platform: Platform, queue: string, { method, path }: CreateSignedUrl) {
  if (method === 'GET') {
    const name = await nameVariant(platform, queue, path)
    return name.ok ? { ok: true as const, ...splitMember(name.filePath, name.variant) } : name
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
  const lack = lacking(caller, SCOPES[request.method])
  if (lack) {
    return problem(c, lack.code, lack.message)
  }
  const name = await readName(platformOf(c), caller.queue ?? 'default', request)
  if (!name.ok) {
    return problem(c, name.code, name.message)
  }
  if (!seesPath(caller, name.filePath)) {
    const { code, message } = outside(caller)
    return problem(c, code, message)
  }
  const unseen = name.variant === null ? null : unseenReference(caller, [renditionOf(name.variant)])
  if (unseen) {
    return problem(c, unseen.code, unseen.message)
  }
  const ring = readSigningKeys(c.env)
  if (ring.length === 0) {
    return problem(c, 'not_configured', 'This service has no SIGNING_KEYS and no API_KEY.')
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
