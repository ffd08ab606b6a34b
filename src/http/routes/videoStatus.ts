/** `/video-status`: status of the newest job of a file or variant, and the size of a variant. */
import { type RouteHandler, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { errorBody } from '../../contract/errors.ts'
import { job } from '../../contract/job.ts'
import type { JobStatus } from '../../contract/jobStatus.ts'
import { DEFAULT_QUEUE, queueName } from '../../contract/queue.ts'
import { missingScopeError } from '../../services/apiKeys/accessErrors.ts'
import { serializeStatus, statusPath } from '../../services/serializers.ts'
import { resolveVariantPath } from '../../services/variants/namedPresets.ts'
import { readNewestStatus, readVariantSize } from '../../services/variants/variantStatus.ts'
import { openToVisitors } from '../middleware/authenticate.ts'
import { createErrorBody, errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { createApi } from '../router.ts'

const MESSAGES: Record<JobStatus, string> = {
  pending: 'Waiting to be processed',
  running: 'Processing in progress',
  completed: 'Processing completed',
  error: 'Processing failed',
  cancelled: 'Processing was cancelled',
}

const tags = ['files']
const open = openToVisitors('jobs:read')
const status = job
  .pick({ status: true, progress: true, startedAt: true, completedAt: true, error: true })
  .extend({ message: z.string() })
const notFound = errorBody.extend({ status: z.literal('not_found') })
const params = z.object({
  path: z
    .string()
    .describe('Path of a file (videos/clip.mp4) or of a variant (w_640,q_60/videos/clip.mp4)'),
})
const query = z.object({
  queue: queueName
    .optional()
    .describe('Queue whose named presets apply. Default: the queue of the key, else "default"'),
})

const statusRoute = route(open, {
  tags,
  operationId: 'getVideoStatus',
  method: 'get',
  path: '/video-status/{path}{.+}',
  summary: 'Get the status of the newest job of a file or variant',
  description:
    'The header Link, with rel="canonical", has the path of the status by the canonical form of the transformation, also if there is no job.',
  request: { params, query },
  responses: {
    200: json(status, 'The status'),
    404: json(notFound, 'There is no job for this file or variant'),
    ...errors('invalid_transformation'),
  },
})

const sizeRoute = route(open, {
  tags,
  operationId: 'getVariantSize',
  method: 'get',
  path: '/video-status/{path}{.+}/size',
  summary: 'Get the size of a finished variant',
  request: { params, query },
  responses: {
    200: json(z.object({ size: z.int(), status: z.literal('ready') }), 'The size in bytes'),
    404: json(notFound, 'The variant is not ready'),
    ...errors('invalid_transformation'),
  },
})

function notFoundResponse(c: Context<ApiEnv>, message: string) {
  return c.json({ status: 'not_found' as const, ...createErrorBody(c, 'not_found', message) }, 404)
}

/**
 * Returns null if the caller may read the status: everyone if PUBLIC_STATUS is "named", else API
 * keys with the scope `jobs:read`.
 */
function accessError(c: Context<ApiEnv>) {
  return c.get('platform').settings.publicAccess.status === 'named'
    ? null
    : missingScopeError(c.get('caller'), 'jobs:read')
}

function resolveName(c: Context<ApiEnv>, path: string, queue: string | undefined) {
  const caller = c.get('caller')
  return resolveVariantPath(c.get('platform'), caller, queue ?? caller.queue ?? DEFAULT_QUEUE, path)
}

const SIZE = /\/size$/

const readSize: RouteHandler<typeof sizeRoute, ApiEnv> = async (c) => {
  const denied = accessError(c)
  if (denied) {
    return errorResponse(c, denied)
  }
  const path = c.req.valid('param').path.replace(SIZE, '')
  const name = await resolveName(c, path, c.req.valid('query').queue)
  if (!name.ok) {
    return errorResponse(c, name)
  }
  const size = await readVariantSize(c.get('platform'), c.get('caller'), name)
  if (size === null) {
    return notFoundResponse(c, 'The processed video is not ready')
  }
  return c.json({ size, status: 'ready' as const }, 200)
}

const readStatus: RouteHandler<typeof statusRoute, ApiEnv> = async (c) => {
  const denied = accessError(c)
  if (denied) {
    return errorResponse(c, denied)
  }
  const name = await resolveName(c, c.req.valid('param').path, c.req.valid('query').queue)
  if (!name.ok) {
    return errorResponse(c, name)
  }
  if (name.variant !== null) {
    c.header('Link', `<${statusPath(name.variant, name.filePath)}>; rel="canonical"`)
  }
  const row = await readNewestStatus(c.get('platform'), c.get('caller'), name)
  if (!row) {
    return notFoundResponse(c, 'No processing job found for this video')
  }
  return c.json({ ...serializeStatus(row), message: MESSAGES[row.status] }, 200)
}

export const videoStatusRoutes = createApi()
// Hono cannot match `/size` after a parameter that spans several path segments, so one route serves
// both URLs.
const { middleware: _, ...sizeDescription } = sizeRoute
videoStatusRoutes.openAPIRegistry.registerPath(sizeDescription)
videoStatusRoutes.openapi(statusRoute, (c, next) =>
  SIZE.test(c.req.path) ? (readSize(c as never, next) as never) : readStatus(c, next),
)
