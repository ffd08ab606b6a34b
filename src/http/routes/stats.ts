/** `/queue/stats`: jobs by status, recent throughput, and the history by hour or day. */
import { z } from '@hono/zod-openapi'
import { queueName } from '../../contract/queue.ts'
import { history, historyQuery, stats } from '../../contract/stats.ts'
import { readHistory } from '../../services/queues/history.ts'
import { readStats } from '../../services/queues/stats.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { limitLargeReads } from '../middleware/rateLimit.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi } from '../router.ts'

const read = requiresScope('jobs:read')
/** The history of all queues has up to as many rows for each hour as there are queues. */
const MAX_CHEAP_HOURS = 48

const statsRoute = route(read, {
  tags: ['jobs'],
  operationId: 'getStats',
  method: 'get',
  path: '/queue/stats',
  summary: 'Get the number of jobs by status and the throughput, of one queue or of all queues',
  middleware: [limitLargeReads((_, { pathPrefix }) => pathPrefix !== null)],
  request: { query: z.object({ queue: queueName.optional() }) },
  responses: { 200: json(stats, 'The statistics'), ...errors('queue_not_found') },
})

const historyRoute = route(read, {
  tags: ['jobs'],
  operationId: 'getStatsHistory',
  method: 'get',
  path: '/queue/stats/history',
  summary: 'Get the throughput by hour or day, of one queue or of all queues',
  middleware: [
    limitLargeReads(
      ({ req }, { pathPrefix, queue }) =>
        pathPrefix !== null ||
        (queue === null &&
          req.query('queue') === undefined &&
          Number(req.query('hours')) > MAX_CHEAP_HOURS),
    ),
  ],
  request: { query: historyQuery },
  responses: {
    200: json(history, 'The throughput of each interval'),
    ...errors('queue_not_found'),
  },
})

export const statsRoutes = createApi()
  .openapi(statsRoute, async (c) => {
    const { queue } = c.req.valid('query')
    const found = await readStats(c.get('platform'), c.get('caller'), queue)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json(found.stats, 200)
  })
  .openapi(historyRoute, async (c) => {
    const found = await readHistory(c.get('platform'), c.get('caller'), c.req.valid('query'))
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json(found.history, 200)
  })
