/** `POST /probe`: describes the content of a stored file. */
import { PROBE, probeDocument, probeRequest } from '../../contract/probe.ts'
import { waitForJobEnd } from '../../events/waitForJobEnd.ts'
import { hasEnded } from '../../services/jobs/readJob.ts'
import { readProbe, requestProbe } from '../../services/variants/probeFile.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import {
  failedBody,
  failedResponse,
  queuedBody,
  queuedResponse,
} from '../responses/jobResponses.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'

const probeRoute = route(requiresScope('jobs:read'), {
  tags: ['files'],
  operationId: 'probeFile',
  method: 'post',
  path: '/probe',
  summary: 'Describe a stored file: its tracks, and what would prevent a stream copy',
  request: { body: jsonBody(probeRequest) },
  responses: {
    200: json(probeDocument, 'The description'),
    202: json(queuedBody, 'The probe has not ended. Send the request again after Retry-After.'),
    422: json(failedBody, 'The file could not be probed'),
    ...errors(
      'file_not_found',
      'queue_not_found',
      'queue_draining',
      'variant_busy',
      'content_mismatch',
      'cap_reached',
    ),
  },
})

export const probeRoutes = createApi().openapi(probeRoute, async (c) => {
  const { filePath, queue, waitSeconds } = c.req.valid('json')
  const platform = c.get('platform')
  const request = () => requestProbe(platform, c.get('caller'), { filePath, queue })
  let outcome = await request()
  if (outcome.ok && outcome.state === 'queued' && waitSeconds > 0) {
    const { jobId } = outcome
    await waitForJobEnd(platform.hubs, outcome, () => hasEnded(platform, jobId), waitSeconds * 1000)
    outcome = await request()
  }
  if (!outcome.ok) {
    return errorResponse(c, outcome)
  }
  c.header('Cache-Control', 'no-store')
  switch (outcome.state) {
    case 'ready': {
      const probe = await readProbe(platform, outcome.variant.outputKey)
      return probe.ok ? c.json({ filePath, ...probe.document }, 200) : errorResponse(c, probe)
    }
    case 'failed':
      return failedResponse(c, outcome.job, 'The file could not be probed.')
    case 'queued':
      return queuedResponse(c, { filePath, variant: PROBE, jobId: outcome.jobId })
    case 'playable':
      throw new Error('a probe is not a package')
  }
})
