/** `/queue/jobs`: create, list, get, retry, cancel, delete. */
import { errorResult } from '../../domain/result.ts'
import { createRoute, z } from '@hono/zod-openapi'
import {
  attempt,
  createdJob,
  createJobs as createJobsBody,
  done,
  job,
  jobList,
  listJobs as listJobsQuery,
} from '../../contract/job.ts'
import { findJob, listAttempts } from '../../db/jobs.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { createApi, emptyBodyIsNone, jsonBody } from '../router.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import { cancelJob, deleteJob, retryJob } from '../../services/jobs/jobActions.ts'
import { createJobs } from '../../services/jobs/createJobs.ts'
import { listJobs } from '../../services/jobs/listJobs.ts'
import { serializeAttempt, serializeCreatedJob, serializeJob } from '../../services/serializers.ts'

const read = { tags: ['jobs'], ...requiresScope('jobs:read') }
const write = { tags: ['jobs'], ...requiresScope('jobs:write') }
const params = z.object({ jobId: z.string().max(100) })

const createRouteSpec = createRoute({
  ...write,
  method: 'post',
  path: '/queue/jobs',
  summary: 'Queue variants of a file, one job each',
  request: {
    headers: z.object({
      'idempotency-key': z
        .string()
        .min(1)
        .max(255)
        .optional()
        .describe('A request sent again under its key makes nothing twice; kept for a day'),
    }),
    body: jsonBody(createJobsBody),
  },
  responses: {
    202: json(z.object({ jobs: z.array(createdJob) }), 'The jobs, in the order asked for'),
    ...errors(400, 401, 403, 404, 409, 429, 503),
  },
})

const listRoute = createRoute({
  ...read,
  method: 'get',
  path: '/queue/jobs',
  summary: 'List jobs, newest first',
  request: { query: listJobsQuery },
  responses: { 200: json(jobList, 'A page of jobs'), ...errors(400, 401, 403, 429, 503) },
})

const getRoute = createRoute({
  ...read,
  method: 'get',
  path: '/queue/jobs/{jobId}',
  summary: 'One job',
  request: { params },
  responses: { 200: json(job, 'The job'), ...errors(401, 403, 404, 429, 503) },
})

const attemptsRoute = createRoute({
  ...read,
  method: 'get',
  path: '/queue/jobs/{jobId}/attempts',
  summary: 'Every try of a job and how it ended, the latest first',
  request: { params },
  responses: {
    200: json(z.object({ attempts: z.array(attempt) }), 'The attempts'),
    ...errors(401, 403, 404, 429, 503),
  },
})

const retryRoute = createRoute({
  ...write,
  method: 'post',
  path: '/queue/jobs/{jobId}/retry',
  summary: 'Queue a failed job again, with a fresh set of attempts',
  request: { params },
  responses: { 200: json(done, 'It is pending again'), ...errors(400, 401, 403, 429, 500, 503) },
})

const cancelRoute = createRoute({
  ...write,
  method: 'post',
  path: '/queue/jobs/{jobId}/cancel',
  summary: 'Cancel a pending job, or with force a running one',
  middleware: [write.middleware, emptyBodyIsNone] as const,
  request: {
    params,
    body: {
      content: {
        'application/json': { schema: z.strictObject({ force: z.boolean().default(false) }) },
      },
    },
  },
  responses: { 200: json(done, 'It is cancelled'), ...errors(400, 401, 403, 429, 500, 503) },
})

const deleteRoute = createRoute({
  ...write,
  method: 'delete',
  path: '/queue/jobs/{jobId}',
  summary: 'Remove a job for good, stopping it if it runs',
  request: { params },
  responses: { 200: json(done, 'It is gone'), ...errors(400, 401, 403, 429, 500, 503) },
})

export const jobRoutes = createApi()
  .openapi(createRouteSpec, async (c) => {
    const key = c.req.valid('header')['idempotency-key'] ?? null
    const outcome = await createJobs(c.get('platform'), c.get('caller'), c.req.valid('json'), key)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ jobs: outcome.jobs.map(serializeCreatedJob) }, 202)
  })
  .openapi(listRoute, async (c) => {
    const outcome = await listJobs(c.get('platform'), c.get('caller'), c.req.valid('query'))
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(outcome.page, 200)
  })
  .openapi(getRoute, async (c) => {
    const { jobId } = c.req.valid('param')
    const row = await findJob(c.get('platform').db, jobId, c.get('caller'))
    if (!row) {
      return errorResponse(c, errorResult('job_not_found', `There is no job ${jobId}.`))
    }
    return c.json(serializeJob(row), 200)
  })
  .openapi(attemptsRoute, async (c) => {
    const { jobId } = c.req.valid('param')
    const { db } = c.get('platform')
    const [row, attempts] = await Promise.all([
      findJob(db, jobId, c.get('caller')),
      listAttempts(db, jobId),
    ])
    if (!row) {
      return errorResponse(c, errorResult('job_not_found', `There is no job ${jobId}.`))
    }
    return c.json({ attempts: attempts.map(serializeAttempt) }, 200)
  })
  .openapi(retryRoute, async (c) => {
    const outcome = await retryJob(c.get('platform'), c.get('caller'), c.req.valid('param').jobId)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ success: true as const, message: 'Job queued for retry' }, 200)
  })
  .openapi(cancelRoute, async (c) => {
    // Without a body there is no default either.
    const body: { force?: boolean } = c.req.valid('json')
    const outcome = await cancelJob(
      c.get('platform'),
      c.get('caller'),
      c.req.valid('param').jobId,
      body.force ?? false,
    )
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ success: true as const, message: 'Job cancelled' }, 200)
  })
  .openapi(deleteRoute, async (c) => {
    const outcome = await deleteJob(c.get('platform'), c.get('caller'), c.req.valid('param').jobId)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ success: true as const, message: 'Job deleted' }, 200)
  })
