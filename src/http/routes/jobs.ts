/** `/queue/jobs`: creates, lists, reads, retries, cancels and deletes jobs. */
import { z } from '@hono/zod-openapi'
import {
  attempt,
  chunk,
  createdJob,
  createJobs as createJobsBody,
  successBody,
  job,
  jobList,
  listJobs as listJobsQuery,
} from '../../contract/job.ts'
import { errorResult } from '../../domain/result.ts'
import { missingScopeError } from '../../services/apiKeys/accessErrors.ts'
import { createJobs } from '../../services/jobs/createJobs.ts'
import { cancelJob, deleteJob, retryJob } from '../../services/jobs/jobActions.ts'
import { listJobs } from '../../services/jobs/listJobs.ts'
import { readAttempts, readChunks, readJob } from '../../services/jobs/readJob.ts'
import {
  serializeAttempt,
  serializeChunk,
  serializeCreatedJob,
  serializeJob,
} from '../../services/serializers.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { limitLargeReads } from '../middleware/rateLimit.ts'
import { CREATE_JOBS_CODES } from '../responses/createJobsCodes.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, ignoreEmptyBody, jsonBody } from '../router.ts'

const tags = ['jobs']
/** Name of the list, for its cursors. */
const LIST = 'jobs'
const read = requiresScope('jobs:read')
const write = requiresScope('jobs:write')
const params = z.object({ jobId: z.string() })
/** A page with a larger offset counts as a large read: the jobs before it are read too. */
const MAX_CHEAP_OFFSET = 1_000

/** Conditions that no index orders by age. */
const SEARCHED = ['pathPrefix', 'errorCode', 'tag']

const createJobsRoute = route(write, {
  tags,
  operationId: 'createJobs',
  method: 'post',
  path: '/queue/jobs',
  summary: 'Create a job for each transformation of a file',
  request: {
    headers: z.object({
      'idempotency-key': z
        .string()
        .min(1)
        .max(255)
        .optional()
        .describe(
          'A repeated request with the same key and body returns the jobs of the first request. A key is kept for a day',
        ),
    }),
    body: jsonBody(createJobsBody),
  },
  responses: {
    202: json(
      z.object({ jobs: z.array(createdJob) }),
      'The job of each requested variant, in the order of the transformations',
    ),
    ...errors(...CREATE_JOBS_CODES, 'import_busy'),
  },
})

const listRoute = route(read, {
  tags,
  operationId: 'listJobs',
  method: 'get',
  path: '/queue/jobs',
  summary: 'List jobs, newest first',
  middleware: [
    limitLargeReads(
      ({ req }, { pathPrefix }) =>
        (req.query('filePath') === undefined &&
          (pathPrefix !== null || SEARCHED.some((name) => req.query(name) !== undefined))) ||
        Number(req.query('offset') ?? 0) > MAX_CHEAP_OFFSET,
    ),
  ],
  request: { query: listJobsQuery },
  responses: { 200: json(jobList, 'A page of jobs'), ...errors('invalid_path') },
})

const getRoute = route(read, {
  tags,
  operationId: 'getJob',
  method: 'get',
  path: '/queue/jobs/{jobId}',
  summary: 'Get a job',
  request: { params },
  responses: { 200: json(job, 'The job'), ...errors('job_not_found') },
})

const attemptsRoute = route(read, {
  tags,
  operationId: 'listAttempts',
  method: 'get',
  path: '/queue/jobs/{jobId}/attempts',
  summary: 'List the attempts of a job and how they ended, latest first',
  request: { params },
  responses: {
    200: json(z.object({ attempts: z.array(attempt) }), 'The attempts'),
    ...errors('job_not_found'),
  },
})

const chunksRoute = route(read, {
  tags,
  operationId: 'listChunks',
  method: 'get',
  path: '/queue/jobs/{jobId}/chunks',
  summary: 'List the chunks of a job that was split, in their order',
  request: { params },
  responses: {
    200: json(z.object({ chunks: z.array(chunk) }), 'The chunks; none if the job was not split'),
    ...errors('job_not_found'),
  },
})

const retryRoute = route(write, {
  tags,
  operationId: 'retryJob',
  method: 'post',
  path: '/queue/jobs/{jobId}/retry',
  summary: 'Return a failed job to the queue, and count its attempts from 0 again',
  request: { params },
  responses: {
    200: json(successBody, 'The job is pending again'),
    ...errors('job_not_retryable', 'internal'),
  },
})

const cancelRoute = route(write, {
  tags,
  operationId: 'cancelJob',
  method: 'post',
  path: '/queue/jobs/{jobId}/cancel',
  summary: 'Cancel a pending job; with "force", also a running one',
  middleware: [ignoreEmptyBody],
  request: {
    params,
    body: {
      content: {
        'application/json': { schema: z.strictObject({ force: z.boolean().default(false) }) },
      },
    },
  },
  responses: {
    200: json(successBody, 'The job is cancelled'),
    ...errors('job_not_cancellable', 'internal'),
  },
})

const deleteRoute = route(write, {
  tags,
  operationId: 'deleteJob',
  method: 'delete',
  path: '/queue/jobs/{jobId}',
  summary: 'Delete a job, and stop it if it is running',
  request: { params },
  responses: {
    200: json(successBody, 'The job was deleted'),
    ...errors('job_not_deletable', 'internal'),
  },
})

export const jobRoutes = createApi()
  .openapi(createJobsRoute, async (c) => {
    const key = c.req.valid('header')['idempotency-key'] ?? null
    const body = c.req.valid('json')
    const caller = c.get('caller')
    const denied =
      (body.webhookUrl === undefined ? null : missingScopeError(caller, 'webhooks:write')) ??
      (body.source === undefined && body.destination === undefined
        ? null
        : missingScopeError(caller, 'files:write'))
    if (denied) {
      return errorResponse(c, denied)
    }
    // The schema requires one of the two.
    const request = { ...body, filePath: body.filePath ?? body.source!.filePath }
    const created = await createJobs(c.get('platform'), caller, request, key)
    if (!created.ok) {
      return errorResponse(c, created)
    }
    return c.json({ jobs: created.jobs.map(serializeCreatedJob) }, 202)
  })
  .openapi(listRoute, async (c) => {
    const { cursor, ...query } = c.req.valid('query')
    if (cursor !== undefined && query.offset > 0) {
      return errorResponse(
        c,
        errorResult('invalid_request', 'Send a cursor or an offset, not both.'),
      )
    }
    const from = await readCursor(c, LIST, cursor)
    if (!from.ok) {
      return errorResponse(c, from)
    }
    const list = await listJobs(c.get('platform'), c.get('caller'), {
      ...query,
      cursor: from.position,
    })
    if (!list.ok) {
      return errorResponse(c, list)
    }
    const next = await writeCursor(c, LIST, list.page.nextCursor)
    if (!next.ok) {
      return errorResponse(c, next)
    }
    return c.json({ ...list.page, nextCursor: next.cursor }, 200)
  })
  .openapi(getRoute, async (c) => {
    const { jobId } = c.req.valid('param')
    const found = await readJob(c.get('platform'), c.get('caller'), jobId)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json(serializeJob(found.row), 200)
  })
  .openapi(attemptsRoute, async (c) => {
    const { jobId } = c.req.valid('param')
    const found = await readAttempts(c.get('platform'), c.get('caller'), jobId)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json({ attempts: found.rows.map(serializeAttempt) }, 200)
  })
  .openapi(chunksRoute, async (c) => {
    const { jobId } = c.req.valid('param')
    const found = await readChunks(c.get('platform'), c.get('caller'), jobId)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json({ chunks: found.rows.map(serializeChunk) }, 200)
  })
  .openapi(retryRoute, async (c) => {
    const { jobId } = c.req.valid('param')
    const retried = await retryJob(c.get('platform'), c.get('caller'), jobId)
    if (!retried.ok) {
      return errorResponse(c, retried)
    }
    return c.json({ success: true as const, message: 'Job queued for retry' }, 200)
  })
  .openapi(cancelRoute, async (c) => {
    const { jobId } = c.req.valid('param')
    // The schema's default does not apply when there is no body.
    const body: { force?: boolean } = c.req.valid('json')
    const cancelled = await cancelJob(
      c.get('platform'),
      c.get('caller'),
      jobId,
      body.force ?? false,
    )
    if (!cancelled.ok) {
      return errorResponse(c, cancelled)
    }
    return c.json({ success: true as const, message: 'Job cancelled' }, 200)
  })
  .openapi(deleteRoute, async (c) => {
    const { jobId } = c.req.valid('param')
    const deleted = await deleteJob(c.get('platform'), c.get('caller'), jobId)
    if (!deleted.ok) {
      return errorResponse(c, deleted)
    }
    return c.json({ success: true as const, message: 'Job deleted' }, 200)
  })
