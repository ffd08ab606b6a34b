/** `/health`: whether the Worker and its database answer. */
import { createRoute, z } from '@hono/zod-openapi'
import { findQueue } from '../db/queueRows.ts'
import { createApi, platformOf } from '../http/api.ts'
import { json } from '../http/problem.ts'

const healthRoute = createRoute({
  tags: ['service'],
  method: 'get',
  path: '/health',
  summary: 'Whether the service is up and its database migrated',
  responses: { 200: json(z.object({ status: z.literal('ok') }), 'It is') },
})

export const healthRoutes = createApi().openapi(healthRoute, async (c) => {
  await findQueue(platformOf(c).db, 'default')
  return c.json({ status: 'ok' as const }, 200)
})
