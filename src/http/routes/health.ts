/** `/health`: checks the settings and the database. */
import { createRoute, z } from '@hono/zod-openapi'
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { UNRESTRICTED } from '../../domain/caller.ts'
import { validateSettings } from '../../platform/settings.ts'
import { readQueue } from '../../services/queues/queues.ts'
import { rateLimitVisitors } from '../middleware/rateLimit.ts'
import { errors, json } from '../responses/errorResponse.ts'
import { createApi } from '../router.ts'

const healthRoute = createRoute({
  tags: ['service'],
  method: 'get',
  path: '/health',
  middleware: rateLimitVisitors,
  summary: 'Check that the settings are valid and that the database can be read',
  responses: {
    200: json(z.object({ status: z.literal('ok') }), 'The service is healthy'),
    ...errors(429, 503),
  },
})

export const healthRoutes = createApi().openapi(healthRoute, async (c) => {
  validateSettings(c.env)
  // Throws if the database is unreachable or has no table of queues.
  await readQueue(c.get('platform'), UNRESTRICTED, DEFAULT_QUEUE)
  return c.json({ status: 'ok' as const }, 200)
})
