/** `/queues`: the queues, their limits, and whether they run and take jobs. */
import { errorResult } from '../../domain/result.ts'
import { createRoute, z } from '@hono/zod-openapi'
import { queue, queueName, queueSettings } from '../../contract/queue.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { createApi, jsonBody } from '../router.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import { changeQueue, createQueue, readQueue, readQueues } from '../../services/queues/queues.ts'

const queues = { tags: ['queues'], ...requiresScope('queues:admin') }
const params = z.object({ name: queueName })

const listRoute = createRoute({
  ...queues,
  method: 'get',
  path: '/queues',
  summary: 'All queues',
  responses: {
    200: json(z.object({ queues: z.array(queue) }), 'The queues'),
    ...errors(401, 403, 429, 503),
  },
})

const getRoute = createRoute({
  ...queues,
  method: 'get',
  path: '/queues/{name}',
  summary: 'One queue',
  request: { params },
  responses: { 200: json(queue, 'The queue'), ...errors(400, 401, 403, 404, 429, 503) },
})

const putRoute = createRoute({
  ...queues,
  method: 'put',
  path: '/queues/{name}',
  summary: 'Make a queue, or set what is given of one that is there',
  request: { params, body: jsonBody(queueSettings) },
  responses: { 200: json(queue, 'The queue'), ...errors(400, 401, 403, 429, 503) },
})

const patchRoute = createRoute({
  ...queues,
  method: 'patch',
  path: '/queues/{name}',
  summary: 'Pause, resume or drain a queue, or change its limits',
  request: { params, body: jsonBody(queueSettings) },
  responses: {
    200: json(queue, 'The queue as it is now'),
    ...errors(400, 401, 403, 404, 429, 503),
  },
})

export const queueRoutes = createApi()
  .openapi(listRoute, async (c) =>
    c.json({ queues: await readQueues(c.get('platform'), c.get('caller')) }, 200),
  )
  .openapi(getRoute, async (c) => {
    const { name } = c.req.valid('param')
    const row = await readQueue(c.get('platform'), c.get('caller'), name)
    if (!row) {
      return errorResponse(c, errorResult('queue_not_found', `There is no queue "${name}".`))
    }
    return c.json(row, 200)
  })
  .openapi(putRoute, async (c) => {
    const { name } = c.req.valid('param')
    const outcome = await createQueue(c.get('platform'), c.get('caller'), name, c.req.valid('json'))
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(outcome.queue, 200)
  })
  .openapi(patchRoute, async (c) => {
    const { name } = c.req.valid('param')
    const outcome = await changeQueue(c.get('platform'), c.get('caller'), name, c.req.valid('json'))
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(outcome.queue, 200)
  })
