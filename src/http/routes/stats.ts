/** `/queue/stats`: jobs by status, and recent throughput. */
import { z } from '@hono/zod-openapi'
import { stats } from '../../contract/job.ts'
import { queueName } from '../../contract/queue.ts'
import { readStats } from '../../services/queues/stats.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { limitLargeReads } from '../middleware/rateLimit.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi } from '../router.ts'

const statsRoute = route(requiresScope('jobs:read'), {
  tags: ['jobs'],
  method: 'get',
  path: '/queue/stats',
  summary: 'Get the number of jobs by status and the throughput, of one queue or of all queues',
  middleware: [limitLargeReads((_, { pathPrefix }) => pathPrefix !== null)],
  request: { query: z.object({ queue: queueName.optional() }) },
  responses: { 200: json(stats, 'The statistics'), ...errors(400, 404) },
})

export const statsRoutes = createApi().openapi(statsRoute, async (c) => {
  const { queue } = c.req.valid('query')
  const found = await readStats(c.get('platform'), c.get('caller'), queue)
  if (!found.ok) {
    return errorResponse(c, found)
  }
  return c.json(found.stats, 200)
})
