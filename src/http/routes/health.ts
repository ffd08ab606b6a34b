/** `/health`: whether the Worker and its database answer, and its settings can be read. */
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { createRoute, z } from '@hono/zod-openapi'
import { findQueue } from '../../db/queues.ts'
import { validateSettings } from '../../platform/settings.ts'
import { createApi } from '../router.ts'
import { rateLimitVisitors } from '../middleware/rateLimit.ts'
import { errors, json } from '../responses/errorResponse.ts'

const healthRoute = createRoute({
  tags: ['service'],
  method: 'get',
  path: '/health',
  middleware: rateLimitVisitors,
  summary: 'Whether the service is up, its settings valid and its database migrated',
  responses: { 200: json(z.object({ status: z.literal('ok') }), 'It is'), ...errors(429, 503) },
})

export const healthRoutes = createApi().openapi(healthRoute, async (c) => {
  validateSettings(c.env)
  await findQueue(c.get('platform').db, DEFAULT_QUEUE)
  return c.json({ status: 'ok' as const }, 200)
})
