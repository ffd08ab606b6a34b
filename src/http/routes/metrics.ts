/** `/metrics`: counters of the queues for Prometheus. */
import { z } from '@hono/zod-openapi'
import { METRIC_GROUPS } from '../../contract/metrics.ts'
import { readMetrics } from '../../services/queues/metrics.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { formatMetrics, PROMETHEUS_TEXT } from '../responses/prometheusText.ts'
import { route } from '../route.ts'
import { createApi } from '../router.ts'

const metricsRoute = route(requiresScope('metrics:read'), {
  tags: ['service'],
  operationId: 'getMetrics',
  method: 'get',
  path: '/metrics',
  summary: 'Get the metrics of the queues and the database in the text format of Prometheus',
  request: {
    query: z.object({
      include: z
        .enum(METRIC_GROUPS)
        .optional()
        .describe('`streams` adds the open event streams. It wakes the hub of each queue'),
    }),
  },
  responses: {
    200: {
      description: 'The metrics; for a key that is restricted to a queue, those of its queue',
      content: { 'text/plain': { schema: z.string() } },
    },
  },
})

export const metricsRoutes = createApi().openapi(metricsRoute, async (c) => {
  const { include } = c.req.valid('query')
  const samples = await readMetrics(c.get('platform'), c.get('caller'), {
    countsStreams: include === 'streams',
  })
  return c.text(formatMetrics(samples), 200, { 'Content-Type': PROMETHEUS_TEXT })
})
