/** `POST /probe`: what is in a stored file. */
import { errorResult } from '../../domain/result.ts'
import { createRoute, z } from '@hono/zod-openapi'
import { errorBody } from '../../contract/errors.ts'
import { failureCode } from '../../contract/failureCode.ts'
import {
  MAX_PROBE_BYTES,
  type ProbeDocument,
  probeDocument,
  probeRequest,
} from '../../contract/probe.ts'
import { findJob } from '../../db/jobs.ts'
import { missingScopeError, requiresScope } from '../middleware/authenticate.ts'
import { createApi, jsonBody } from '../router.ts'
import { errorBodyOf, errors, json, errorResponse } from '../responses/errorResponse.ts'
import { waitForJobEnd } from '../../events/waitForJobEnd.ts'
import { requestVariant } from '../../services/variants/requestVariant.ts'
import { statusPath } from '../../services/serializers.ts'

/** A probe is a variant as any other: made once, and again when its file is replaced. */
const VARIANT = 'f_json'

const queued = z.object({
  status: z.literal('pending'),
  statusUrl: z.string().describe('Where to ask how far it is'),
  jobId: z.string(),
})
const failed = errorBody.extend({ jobId: z.string(), errorCode: failureCode.nullable() })

const probeRoute = createRoute({
  tags: ['files'],
  ...requiresScope('jobs:read'),
  method: 'post',
  path: '/probe',
  summary: 'What is in a stored file: its streams, and what would keep it from being copied',
  request: { body: jsonBody(probeRequest) },
  responses: {
    200: json(probeDocument, 'What was found'),
    202: json(queued, 'It takes longer; ask again'),
    422: json(failed, 'It could not be probed'),
    ...errors(400, 401, 403, 404, 409, 429, 503),
  },
})

export const probeRoutes = createApi().openapi(probeRoute, async (c) => {
  const { filePath, queue, waitSeconds } = c.req.valid('json')
  const platform = c.get('platform')
  const caller = c.get('caller')
  const ask = () =>
    requestVariant(
      platform,
      caller,
      { filePath, variant: VARIANT, queue },
      async () => missingScopeError(caller, 'jobs:write') ?? { ok: true },
    )
  let outcome = await ask()
  if (outcome.ok && outcome.state === 'queued' && waitSeconds > 0) {
    const { jobId } = outcome
    const isOver = async () => {
      const job = await findJob(platform.db, jobId)
      return job?.status !== 'pending' && job?.status !== 'running'
    }
    await waitForJobEnd(platform.hubs, outcome, isOver, waitSeconds * 1000)
    outcome = await ask()
  }
  if (!outcome.ok) {
    return errorResponse(c, outcome)
  }
  c.header('Cache-Control', 'no-store')
  if (outcome.state === 'failed') {
    const { id, error, errorCode } = outcome.job
    const body = errorBodyOf(c, 'processing_failed', error ?? 'The file could not be probed.')
    return c.json({ ...body, jobId: id, errorCode }, 422)
  }
  if (outcome.state === 'ready') {
    const found = await platform.variants.get(outcome.variant.outputKey)
    if (!found.ok) {
      return errorResponse(c, errorResult('file_not_found', 'It was removed just now. Ask again.'))
    }
    if (found.object.sizeBytes > MAX_PROBE_BYTES) {
      throw new Error(`a probe of ${found.object.sizeBytes} bytes`)
    }
    return c.json({ filePath, ...(await new Response(found.body).json<ProbeDocument>()) }, 200)
  }
  if (outcome.state !== 'queued') {
    throw new Error('a probe is no package')
  }
  c.header('Retry-After', '2')
  const statusUrl = statusPath(VARIANT, filePath)
  return c.json({ status: 'pending' as const, statusUrl, jobId: outcome.jobId }, 202)
})
