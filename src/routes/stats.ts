/** `/queue/stats`: how many jobs are in each state, and what was done lately. */
import { createRoute, z } from '@hono/zod-openapi'
import { queueName, stats } from '../contract/job.ts'
import { withKey } from '../http/access.ts'
import { createApi, platformOf } from '../http/api.ts'
import { errors, json, problem } from '../http/problem.ts'
import { readStats } from '../jobs/stats.ts'

const statsRoute = createRoute({
  tags: ['jobs'],
  ...withKey('jobs:read'),
  method: 'get',
  path: '/queue/stats',
  summary: 'Counts by status, of one queue or of all',
  request: { query: z.object({ queue: queueName.optional() }) },
  responses: { 200: json(stats, 'The counts'), ...errors(400, 401, 403, 404, 429, 503) },
})

export const statsRoutes = createApi().openapi(statsRoute, async (c) => {
  const outcome = await readStats(platformOf(c), c.get('caller'), c.req.valid('query').queue)
  if (!outcome.ok) {
    return problem(c, outcome.code, outcome.message)
  }
  return c.json(outcome.stats, 200)
})
