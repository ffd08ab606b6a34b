/** `/t`: serves variants and originals, and creates the jobs of variants that do not exist yet. */
import { shorten } from '../../contract/quote.ts'
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { formatContentType } from '../../contract/fileTypes.ts'
import { DEFAULT_QUEUE, queueName } from '../../contract/queue.ts'
import type { Caller } from '../../domain/caller.ts'
import { errorResult } from '../../domain/result.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { type ServedName, splitPackageFile } from '../../domain/transformation/variantPath.ts'
import { missingScopeError } from '../../services/apiKeys/accessErrors.ts'
import { resolveVariantPath } from '../../services/variants/namedPresets.ts'
import {
  canSeeOriginal,
  requestVariant,
  type VariantOutcome,
} from '../../services/variants/requestVariant.ts'
import { originalContentType } from '../../storage/originals.ts'
import { openToVisitors } from '../middleware/authenticate.ts'
import { checkCallerRateLimit } from '../middleware/rateLimit.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import {
  failedBody,
  failedResponse,
  queuedBody,
  queuedResponse,
  RETRY_AFTER_SECONDS,
} from '../responses/jobResponses.ts'
import { serveObject } from '../responses/objectResponse.ts'
import { servePackageFile } from '../responses/packageFileResponse.ts'
import { route } from '../route.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { createApi } from '../router.ts'
import { readSignature, type SignedAccess } from '../signedUrl.ts'

/** Maximum age of cached responses, and therefore how long a replaced file may still be served. */
const CACHE_SECONDS = 300
const RETRY_PACKAGE_FILE_SECONDS = '1'

const variantRoute = route(openToVisitors('jobs:read'), {
  tags: ['files'],
  operationId: 'getVariant',
  method: 'get',
  path: '/t/{path}{.+}',
  summary: 'Get a variant, or without a transformation the original',
  request: {
    params: z.object({
      path: z
        .string()
        .describe(
          'A transformation and a storage path (w_640,q_60/videos/clip.mp4), or only a storage path; for a package, the name of one of its files can follow (f_hls/videos/clip.mp4/master.m3u8)',
        ),
    }),
    query: z.object({
      queue: queueName
        .optional()
        .describe('Queue whose named presets apply. Default: the queue of the key, else "default"'),
    }),
  },
  responses: {
    200: { description: 'The file' },
    202: json(
      queuedBody,
      'The job of the variant has not ended. Send the request again after Retry-After.',
    ),
    206: { description: 'The requested range' },
    307: { description: 'The variant is a package. Location is the file that players open first' },
    304: { description: 'Not modified' },
    422: json(failedBody, 'The job of the variant failed'),
    ...errors(
      'invalid_transformation',
      'file_not_found',
      'queue_not_found',
      'queue_draining',
      'variant_busy',
      'precondition_failed',
      'source_changed',
      'content_mismatch',
      'range_not_satisfiable',
      'cap_reached',
      'not_ready',
    ),
  },
})

interface ReadAccess {
  ok: true
  caller: Caller
  /** Null if the URL is not signed. */
  signed: SignedAccess | null
}

export const variantRoutes = createApi().openapi(variantRoute, async (c) => {
  const platform = c.get('platform')
  const caller = c.get('caller')
  const queue = c.req.valid('query').queue ?? caller.queue ?? DEFAULT_QUEUE
  const resolved = await resolveVariantPath(platform, caller, queue, c.req.valid('param').path)
  if (!resolved.ok) {
    return errorResponse(c, resolved)
  }
  const name = splitPackageFile(resolved.filePath, resolved.variant)
  const access = await authorize(c, name)
  if (!access.ok) {
    return errorResponse(c, access)
  }
  const { filePath, variant, packageFile, entry } = name
  if (variant === null) {
    return serveOriginal(c, filePath, access)
  }
  if (entry !== null && packageFile === null) {
    const { pathname, search } = new URL(c.req.url)
    return c.body(null, 307, { Location: `${pathname}/${entry}${search}` })
  }
  const outcome = await requestVariant(platform, access.caller, { filePath, variant }, () =>
    mayCreateJob(c, access.caller),
  )
  if (!outcome.ok) {
    return errorResponse(c, outcome)
  }
  if (outcome.state === 'ready' || outcome.state === 'playable') {
    return serveVariant(c, { ...name, variant }, access, outcome)
  }
  c.header('Cache-Control', 'no-store')
  if (outcome.state === 'failed') {
    return failedResponse(c, outcome.job, 'The job for this variant failed.')
  }
  // Not 202: a player that has opened the package would read the JSON of a 202 as a playlist or a
  // segment.
  if (packageFile !== null && packageFile !== entry) {
    c.header('Retry-After', RETRY_AFTER_SECONDS)
    return errorResponse(
      c,
      errorResult(
        'not_ready',
        `The package is not playable yet, so its file ${packageFile} is not served.`,
      ),
    )
  }
  return queuedResponse(c, { filePath, variant, jobId: outcome.jobId })
})

/**
 * Returns the access of the caller that created a signed URL; for any other URL, the access of the
 * request's caller. Returns an error if that caller may not read the variant.
 */
async function authorize(c: Context<ApiEnv>, { filePath, variant }: ServedName) {
  const signed = await readSignature(c, { method: 'GET', variant, filePath })
  if (signed?.ok === false) {
    return signed
  }
  const caller = signed ? signed.access.caller : c.get('caller')
  const access: ReadAccess = { ok: true, caller, signed: signed?.access ?? null }
  return (isPublic(c, access) ? null : missingScopeError(caller, 'jobs:read')) ?? access
}

function isPublic(c: Context<ApiEnv>, { signed }: ReadAccess) {
  return !signed && c.get('platform').settings.publicAccess.variants !== 'off'
}

/**
 * Shared caches may store only what visitors may read without a signature. A response to a signed
 * URL is cached no longer than the URL is valid.
 */
function cacheControl(c: Context<ApiEnv>, access: ReadAccess) {
  const { signed } = access
  const seconds = signed ? Math.floor((signed.expiresAt - Date.now()) / 1000) : CACHE_SECONDS
  const scope = isPublic(c, access) ? 'public' : 'private'
  return `${scope}, max-age=${Math.min(seconds, CACHE_SECONDS)}`
}

/**
 * Callers with the scope `jobs:write` may create jobs. If PUBLIC_VARIANTS is "open", all other
 * callers may too, at a limited rate and up to PUBLIC_MAX_PENDING_JOBS. A HEAD request creates no
 * job, because it must have no effect.
 */
async function mayCreateJob(c: Context<ApiEnv>, caller: Caller) {
  if (c.req.method === 'HEAD') {
    return errorResult(
      'file_not_found',
      'This variant does not exist yet, and a HEAD request does not create its job.',
    )
  }
  const missing = missingScopeError(caller, 'jobs:write')
  if (!missing) {
    return { ok: true as const }
  }
  const { variants, maxPendingJobs } = c.get('platform').settings.publicAccess
  if (variants !== 'open') {
    return errorResult(missing.code, `This variant does not exist yet. ${missing.message}`)
  }
  const limited = await checkCallerRateLimit(c, 'NEW_VARIANTS', caller)
  return limited.ok ? { ok: true as const, maxVisitorJobs: maxPendingJobs } : limited
}

function fileNotFound(c: Context<ApiEnv>, filePath: string) {
  return errorResponse(
    c,
    errorResult('file_not_found', `There is no file ${shorten(filePath)} in storage.`),
  )
}

async function serveOriginal(c: Context<ApiEnv>, filePath: string, access: ReadAccess) {
  const platform = c.get('platform')
  if (!(await canSeeOriginal(platform, access.caller, filePath))) {
    return fileNotFound(c, filePath)
  }
  const response = await serveObject(c, platform.originals, filePath, {
    contentType: originalContentType(filePath),
    cacheControl: cacheControl(c, access),
  })
  return response ?? fileNotFound(c, filePath)
}

async function serveVariant(
  c: Context<ApiEnv>,
  { filePath, variant, packageFile }: ServedName & { variant: string },
  access: ReadAccess,
  outcome: Extract<VariantOutcome, { state: 'ready' | 'playable' }>,
) {
  const isGrowing = outcome.state === 'playable'
  const key = isGrowing ? outcome.packageKey : outcome.variant.outputKey
  if (packageFile === null) {
    const response = await serveObject(c, c.get('platform').variants, key, {
      contentType: formatContentType(readCanonicalForm(variant).format),
      cacheControl: cacheControl(c, access),
    })
    const message = `The output of this variant of ${shorten(filePath)} was just deleted. Try again.`
    return response ?? errorResponse(c, errorResult('file_not_found', message))
  }
  const response = await servePackageFile(c, `${key}${packageFile}`, {
    name: packageFile,
    isGrowing,
    isSigned: access.signed !== null,
    cacheControl: cacheControl(c, access),
  })
  if (response) {
    return response
  }
  c.header('Cache-Control', 'no-store')
  if (isGrowing) {
    c.header('Retry-After', RETRY_PACKAGE_FILE_SECONDS)
  }
  return errorResponse(
    c,
    errorResult(
      'file_not_found',
      `There is no file ${packageFile} in the package of ${shorten(filePath)}.`,
    ),
  )
}
