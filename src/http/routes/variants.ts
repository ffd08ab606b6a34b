/** `/t`: variants and originals by URL. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { failureCode } from '../../contract/failureCode.ts'
import { errorBody } from '../../contract/errors.ts'
import { DEFAULT_QUEUE, queueName } from '../../contract/queue.ts'
import type { Caller } from '../../domain/caller.ts'
import { formatContentType, OCTET_STREAM, readExtension } from '../../contract/fileTypes.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { splitPackageFile } from '../../domain/transformation/variantPath.ts'
import { errorResult } from '../../domain/result.ts'
import { openToVisitors, missingScopeError } from '../middleware/authenticate.ts'
import { type ApiEnv, createApi } from '../router.ts'
import { checkRateLimit } from '../middleware/rateLimit.ts'
import { errorBodyOf, errors, json, errorResponse } from '../responses/errorResponse.ts'
import { type SignedAccess, readSignature } from '../signedUrl.ts'
import { resolveVariantPath } from '../../services/variants/namedPresets.ts'
import { requestVariant, canSeeOriginal } from '../../services/variants/requestVariant.ts'
import type { ObjectStore } from '../../storage/objectStore.ts'
import { statusPath } from '../../services/serializers.ts'
import { serveObject } from '../responses/objectResponse.ts'
import { servePackageFile } from '../responses/packageFileResponse.ts'

/** Long enough to spare a busy page, short enough that a replaced file is seen soon. */
const CACHE_SECONDS = 300
const RETRY_AFTER_SECONDS = '2'

const queued = z.object({
  status: z.literal('pending'),
  statusUrl: z.string().describe('Where to ask how far it is'),
  jobId: z.string(),
})
const failed = errorBody.extend({ jobId: z.string(), errorCode: failureCode.nullable() })

const variantRoute = createRoute({
  tags: ['files'],
  ...openToVisitors('jobs:read'),
  method: 'get',
  path: '/t/{path}{.+}',
  summary: 'A variant, or with no transformation the original',
  request: {
    params: z.object({
      path: z
        .string()
        .describe(
          'A transformation and a storage path: w_640,q_60/videos/clip.mp4, and of a package the file: f_hls/videos/clip.mp4/master.m3u8',
        ),
    }),
    query: z.object({
      queue: queueName.optional().describe('Whose presets are meant; default: that of the key'),
    }),
  },
  responses: {
    200: { description: 'The file' },
    202: json(queued, 'It is being made; ask again after Retry-After'),
    206: { description: 'The range asked for' },
    307: { description: 'A package: to the file by which a player begins' },
    304: { description: 'It has not changed' },
    422: json(failed, 'Its job failed'),
    ...errors(400, 401, 403, 404, 409, 412, 416, 429, 503),
  },
})

/** What may be had without a key may be kept by any cache; a signed URL's is gone when it expires. */
function cacheControl(c: Context<ApiEnv>, leave: SignedAccess | undefined) {
  const seconds = leave ? Math.floor((leave.until - Date.now()) / 1000) : CACHE_SECONDS
  const open = !leave && c.get('platform').settings.publicAccess.variants !== 'off'
  return `${open ? 'public' : 'private'}, max-age=${Math.min(seconds, CACHE_SECONDS)}`
}

/** Who may have what is not there made: who may queue jobs, and where it is open any visitor. */
async function mayQueue(c: Context<ApiEnv>, caller: Caller) {
  const lack = missingScopeError(caller, 'jobs:write')
  if (!lack) {
    return { ok: true as const }
  }
  if (c.get('platform').settings.publicAccess.variants === 'open') {
    return checkRateLimit(c, 'NEW_VARIANTS', caller)
  }
  return errorResult(lack.code, `This variant is not ready, and to have it made: ${lack.message}`)
}

function ofPath(path: string) {
  const extension = readExtension(path)
  return extension === null ? OCTET_STREAM : formatContentType(extension)
}

export const variantRoutes = createApi().openapi(variantRoute, async (c) => {
  const platform = c.get('platform')
  const queue = c.req.valid('query').queue ?? c.get('caller').queue ?? DEFAULT_QUEUE
  const name = await resolveVariantPath(platform, queue, c.req.valid('param').path)
  if (!name.ok) {
    return errorResponse(c, name)
  }
  const { filePath, variant, member, entry } = splitPackageFile(name.filePath, name.variant)
  const signed = await readSignature(c, { method: 'GET', variant, filePath })
  if (signed?.ok === false) {
    return errorResponse(c, signed)
  }
  const caller = signed ? signed.leave.caller : c.get('caller')
  const open = !signed && c.get('platform').settings.publicAccess.variants !== 'off'
  const lack = open ? null : missingScopeError(caller, 'jobs:read')
  if (lack) {
    return errorResponse(c, lack)
  }

  const missing = () =>
    errorResponse(c, errorResult('file_not_found', `There is no file ${filePath} in storage.`))
  const caching = cacheControl(c, signed?.leave)
  const serve = (store: ObjectStore, key: string, contentType: string) =>
    serveObject(c, store, key, { contentType, cacheControl: caching })
  if (variant === null) {
    if (!(await canSeeOriginal(platform, caller, filePath))) {
      return missing()
    }
    return (await serve(platform.originals, filePath, ofPath(filePath))) ?? missing()
  }
  if (entry !== null && member === null) {
    const { pathname, search } = new URL(c.req.url)
    return c.body(null, 307, { Location: `${pathname}/${entry}${search}` })
  }
  const outcome = await requestVariant(platform, caller, { filePath, variant }, () =>
    mayQueue(c, caller),
  )
  if (!outcome.ok) {
    return errorResponse(c, outcome)
  }
  if (outcome.state === 'ready' || outcome.state === 'playable') {
    const live = outcome.state === 'playable'
    const key = live ? outcome.packageKey : outcome.variant.outputKey
    if (member === null) {
      const contentType = formatContentType(readCanonicalForm(variant).format)
      return (await serve(platform.variants, key, contentType)) ?? missing()
    }
    const found = await servePackageFile(c, `${key}${member}`, {
      name: member,
      isGrowing: live,
      isSigned: signed !== null,
      cacheControl: caching,
    })
    if (found) {
      return found
    }
    c.header('Cache-Control', 'no-store')
    // It may come yet.
    if (live) {
      c.header('Retry-After', '1')
    }
    return errorResponse(
      c,
      errorResult('file_not_found', `There is no ${member} in the package of ${filePath}.`),
    )
  }
  c.header('Cache-Control', 'no-store')
  if (outcome.state === 'failed') {
    const { id, error, errorCode } = outcome.job
    const body = errorBodyOf(c, 'processing_failed', error ?? 'The job for this variant failed.')
    return c.json({ ...body, jobId: id, errorCode }, 422)
  }
  c.header('Retry-After', RETRY_AFTER_SECONDS)
  // A player that is in the middle of a package whose attempt was lost takes a 202 for a playlist.
  if (member !== null && member !== entry) {
    return errorResponse(
      c,
      errorResult('not_ready', `There is no ${member} yet: the package is being made.`),
    )
  }
  const statusUrl = statusPath(variant, filePath)
  return c.json({ status: 'pending' as const, statusUrl, jobId: outcome.jobId }, 202)
})
