/** `/video-status`: how far the processing of a file or of one variant is. */
import { createRoute, type RouteHandler, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { errorBody } from '../../contract/errors.ts'
import { job, type JobStatus } from '../../contract/job.ts'
import { DEFAULT_QUEUE, queueName } from '../../contract/queue.ts'
import { findNewestJob } from '../../db/jobs.ts'
import { findVariant } from '../../db/outputs.ts'
import { canSeePath } from '../../domain/caller.ts'
import { type ApiEnv, createApi } from '../router.ts'
import { openToVisitors, missingScopeError } from '../middleware/authenticate.ts'
import { errorBodyOf, errors, json, errorResponse } from '../responses/errorResponse.ts'
import { resolveVariantPath } from '../../services/variants/namedPresets.ts'
import { serializeJob } from '../../services/serializers.ts'

const MESSAGES: Record<JobStatus, string> = {
  pending: 'Waiting to be processed',
  running: 'Processing in progress',
  completed: 'Processing completed',
  error: 'Processing failed',
  cancelled: 'Processing was cancelled',
}

const status = job
  .pick({ status: true, progress: true, startedAt: true, completedAt: true, error: true })
  .extend({ message: z.string() })
const notFound = errorBody.extend({ status: z.literal('not_found') })
const params = z.object({
  path: z.string().describe('videos/clip.mp4, or w_640,q_60/videos/clip.mp4 for one variant'),
})

const query = z.object({
  queue: queueName.optional().describe('Whose presets are meant; default: that of the key'),
})

const statusRoute = createRoute({
  tags: ['files'],
  method: 'get',
  ...openToVisitors('jobs:read'),
  path: '/video-status/{path}{.+}',
  summary: 'Status of the newest job of a file or variant',
  request: { params, query },
  responses: {
    200: json(status, 'How far it is'),
    404: json(notFound, 'No job was ever made for it'),
    ...errors(400, 401, 403, 429, 503),
  },
})

const sizeRoute = createRoute({
  tags: ['files'],
  security: openToVisitors('jobs:read').security,
  method: 'get',
  path: '/video-status/{path}{.+}/size',
  summary: 'Size of a finished variant',
  request: { params, query },
  responses: {
    200: json(z.object({ size: z.int(), status: z.literal('ready') }), 'Its size in bytes'),
    404: json(notFound, 'It is not ready'),
    ...errors(400, 401, 403, 429, 503),
  },
})

function nothing(c: Context<ApiEnv>, message: string) {
  return c.json({ status: 'not_found' as const, ...errorBodyOf(c, 'not_found', message) }, 404)
}

/** What keeps a caller from asking at all, or null. */
function closed(c: Context<ApiEnv>) {
  return c.get('platform').settings.publicAccess.status === 'named'
    ? null
    : missingScopeError(c.get('caller'), 'jobs:read')
}

function nameOf(c: Context<ApiEnv>, text: string, { queue }: { queue?: string | undefined }) {
  return resolveVariantPath(
    c.get('platform'),
    queue ?? c.get('caller').queue ?? DEFAULT_QUEUE,
    text,
  )
}

const SIZE = /\/size$/

const readSize: RouteHandler<typeof sizeRoute, ApiEnv> = async (c) => {
  const lack = closed(c)
  if (lack) {
    return errorResponse(c, lack)
  }
  const name = await nameOf(c, c.req.valid('param').path.replace(SIZE, ''), c.req.valid('query'))
  if (!name.ok) {
    return errorResponse(c, name)
  }
  const { db } = c.get('platform')
  const caller = c.get('caller')
  // Its newest job says which variant is meant, and for a key with a queue whether it sees any.
  const job =
    name.variant === null || caller.queue !== null
      ? await findNewestJob(db, name.filePath, name.variant, caller)
      : null
  const variant = job === undefined ? undefined : (name.variant ?? job?.transformation)
  const ready =
    variant === undefined || !canSeePath(caller, name.filePath)
      ? undefined
      : await findVariant(db, name.filePath, variant)
  if (!ready) {
    return nothing(c, 'The processed video is not ready')
  }
  return c.json({ size: ready.sizeBytes, status: 'ready' as const }, 200)
}

const readStatus: RouteHandler<typeof statusRoute, ApiEnv> = async (c) => {
  const lack = closed(c)
  if (lack) {
    return errorResponse(c, lack)
  }
  const name = await nameOf(c, c.req.valid('param').path, c.req.valid('query'))
  if (!name.ok) {
    return errorResponse(c, name)
  }
  const row = await findNewestJob(
    c.get('platform').db,
    name.filePath,
    name.variant,
    c.get('caller'),
  )
  if (!row) {
    return nothing(c, 'No processing job found for this video')
  }
  const { status, progress, startedAt, completedAt, error } = serializeJob(row)
  return c.json({ status, progress, startedAt, completedAt, error, message: MESSAGES[status] }, 200)
}

export const videoStatusRoutes = createApi()
// The router has nothing after a parameter of several segments, so one route answers for both.
videoStatusRoutes.openAPIRegistry.registerPath(sizeRoute)
videoStatusRoutes.openapi(statusRoute, (c, next) =>
  SIZE.test(c.req.path) ? (readSize(c as never, next) as never) : readStatus(c, next),
)
