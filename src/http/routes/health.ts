/** `/health`: checks the settings and the database. */
import { createRoute, z } from '@hono/zod-openapi'
import { validateSettings } from '../../platform/settings.ts'
import { readDatabaseLevel } from '../../services/maintenance/databaseLevel.ts'
import { rateLimitVisitors } from '../middleware/rateLimit.ts'
import { errors, json } from '../responses/errorResponse.ts'
import { createApi } from '../router.ts'

const health = z.object({
  status: z.literal('ok'),
  database: z
    .enum(['filling', 'nearly_full'])
    .optional()
    .describe(
      'Present if the database uses 70 % (filling) or 85 % (nearly_full) of its maximum size. Ended jobs and events are then kept for half their retention time if it is nearly full',
    ),
})

const healthRoute = createRoute({
  tags: ['service'],
  operationId: 'getHealth',
  method: 'get',
  path: '/health',
  security: [],
  middleware: rateLimitVisitors,
  summary: 'Check that the settings are valid and that the database can be read',
  responses: {
    200: json(health, 'The service is healthy'),
    ...errors('rate_limited', 'not_configured', 'internal'),
  },
})

export const healthRoutes = createApi().openapi(healthRoute, async (c) => {
  validateSettings(c.env)
  // Throws if the database is unreachable or has no table of queues.
  const level = await readDatabaseLevel(c.get('platform'))
  return c.json({ status: 'ok' as const, ...(level !== 'normal' && { database: level }) }, 200)
})
