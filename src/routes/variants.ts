/** `/t`: variants and originals by URL. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { failureCode } from '../contract/failure.ts'
import { errorBody } from '../contract/errors.ts'
import { contentTypeOf, extensionOf } from '../domain/contentType.ts'
import { renditionOf } from '../domain/transformation.ts'
import { parseVariantName } from '../domain/variantName.ts'
import { type ApiEnv, createApi, platformOf } from '../http/api.ts'
import { errors, json, problem } from '../http/problem.ts'
import { requestVariant } from '../jobs/variant.ts'
import { statusPath } from '../jobs/view.ts'
import { serveObject } from '../http/serve.ts'

/** Long enough to spare a busy page, short enough that a replaced file is seen soon. */
const CACHE_CONTROL = 'public, max-age=300'
const RETRY_AFTER_SECONDS = '2'

const queued = z.object({
  status: z.literal('pending'),
  statusUrl: z.string().describe('Where to ask how far it is'),
  jobId: z.string(),
})
const failed = errorBody.extend({ jobId: z.string(), errorCode: failureCode.nullable() })

const variantRoute = createRoute({
  tags: ['files'],
  method: 'get',
  path: '/t/{path}{.+}',
  summary: 'A variant, or with no transformation the original',
  request: {
    params: z.object({
      path: z.string().describe('A transformation and a storage path: w_640,q_60/videos/clip.mp4'),
    }),
  },
  responses: {
    200: { description: 'The file' },
    202: json(queued, 'It is being made; ask again after Retry-After'),
    206: { description: 'The range asked for' },
    304: { description: 'It has not changed' },
    422: json(failed, 'Its job failed'),
    ...errors(400, 404, 409, 412, 416),
  },
})

async function serve(c: Context<ApiEnv>, bucket: R2Bucket, key: string, contentType: string) {
  const delivery = { contentType, cacheControl: CACHE_CONTROL }
  return serveObject(c, bucket, key, delivery)
}

const ofPath = (path: string) => {
  const extension = extensionOf(path)
  return extension === null ? 'application/octet-stream' : contentTypeOf(extension)
}

export const variantRoutes = createApi().openapi(variantRoute, async (c) => {
  const name = parseVariantName(c.req.valid('param').path)
  if (!name.ok) return problem(c, name.code, name.message)
  const { filePath, variant } = name
  const missing = `There is no file ${filePath} in storage.`
  if (variant === null)
    return (
      (await serve(c, c.env.ORIGINALS, filePath, ofPath(filePath))) ??
      problem(c, 'file_not_found', missing)
    )
  const outcome = await requestVariant(platformOf(c), filePath, variant)
  if (!outcome.ok) return problem(c, outcome.code, outcome.message)
  if (outcome.state === 'ready') {
    const contentType = contentTypeOf(renditionOf(variant).format)
    return (
      (await serve(c, c.env.VARIANTS, outcome.variant.outputKey, contentType)) ??
      problem(c, 'file_not_found', missing)
    )
  }
  c.header('Cache-Control', 'no-store')
  if (outcome.state === 'failed') {
    const { id, error, errorCode } = outcome.job
    const body = {
      error: 'Processing Failed',
      message: error ?? 'The job for this variant failed.',
      code: 'processing_failed' as const,
      requestId: c.get('requestId'),
    }
    return c.json({ ...body, jobId: id, errorCode }, 422)
  }
  c.header('Retry-After', RETRY_AFTER_SECONDS)
  const statusUrl = statusPath(variant, filePath)
  return c.json({ status: 'pending' as const, statusUrl, jobId: outcome.jobId }, 202)
})
