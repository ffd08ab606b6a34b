/** `/health`: whether the Worker and its database answer, and its settings can be read. */
import { createRoute, z } from '@hono/zod-openapi'
import { findQueue } from '../db/queueRows.ts'
import { checkSettings } from '../env.ts'
import { createApi, platformOf } from '../http/api.ts'
import { limitClients } from '../http/limits.ts'
import { errors, json } from '../http/problem.ts'

const healthRoute = createRoute({
  tags: ['service'],
  method: 'get',
  path: '/health',
  middleware: limitClients,
  summary: 'Whether the service is up, its settings valid and its database migrated',
  responses: { 200: json(z.object({ status: z.literal('ok') }), 'It is'), ...errors(429, 503) },
})

export const healthRoutes = createApi().openapi(healthRoute, async (c) => {
  checkSettings(c.env)
  await findQueue(platformOf(c).db, 'default')
  return c.json({ status: 'ok' as const }, 200)
})
