/** `/queue/stats`: how many jobs are in each state, and what was done lately. */
import { createRoute, z } from '@hono/zod-openapi'
import { stats } from '../../contract/job.ts'
import { queueName } from '../../contract/queue.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { createApi } from '../router.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import { readStats } from '../../services/queues/stats.ts'

const statsRoute = createRoute({
  tags: ['jobs'],
  ...requiresScope('jobs:read'),
  method: 'get',
  path: '/queue/stats',
  summary: 'Counts by status, of one queue or of all',
  request: { query: z.object({ queue: queueName.optional() }) },
  responses: { 200: json(stats, 'The counts'), ...errors(400, 401, 403, 404, 429, 503) },
})

export const statsRoutes = createApi().openapi(statsRoute, async (c) => {
  const outcome = await readStats(c.get('platform'), c.get('caller'), c.req.valid('query').queue)
  if (!outcome.ok) {
    return errorResponse(c, outcome)
  }
  return c.json(outcome.stats, 200)
})
