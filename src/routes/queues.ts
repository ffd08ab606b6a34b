/** `/queues`: the queues, their limits, and whether they run and take jobs. */
import { createRoute, z } from '@hono/zod-openapi'
import { queueName } from '../contract/job.ts'
import { queue, queueSettings } from '../contract/queue.ts'
import { withKey } from '../http/access.ts'
import { createApi, jsonBody, platformOf } from '../http/api.ts'
import { errors, json, problem } from '../http/problem.ts'
import { changeQueue, createQueue, readQueue, readQueues } from '../jobs/queue.ts'

const queues = { tags: ['queues'], ...withKey('queues:admin') }
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
    c.json({ queues: await readQueues(platformOf(c), c.get('caller')) }, 200),
  )
  .openapi(getRoute, async (c) => {
    const { name } = c.req.valid('param')
    const row = await readQueue(platformOf(c), c.get('caller'), name)
    if (!row) {
      return problem(c, 'queue_not_found', `There is no queue "${name}".`)
    }
    return c.json(row, 200)
  })
  .openapi(putRoute, async (c) => {
    const { name } = c.req.valid('param')
    const outcome = await createQueue(platformOf(c), c.get('caller'), name, c.req.valid('json'))
    if (!outcome.ok) {
      return problem(c, outcome.code, outcome.message)
    }
    return c.json(outcome.queue, 200)
  })
  .openapi(patchRoute, async (c) => {
    const { name } = c.req.valid('param')
    const outcome = await changeQueue(platformOf(c), c.get('caller'), name, c.req.valid('json'))
    if (!outcome.ok) {
      return problem(c, outcome.code, outcome.message)
    }
    return c.json(outcome.queue, 200)
  })
