/** `/queues`: creates queues and changes their limits, and pauses, resumes and drains them. */
import { z } from '@hono/zod-openapi'
import { queue, queueName, queueSettings } from '../../contract/queue.ts'
import { errorResult } from '../../domain/result.ts'
import { changeQueue, createQueue, readQueue, readQueues } from '../../services/queues/queues.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'

const tags = ['queues']
const admin = requiresScope('queues:admin')
const params = z.object({ name: queueName })

const listRoute = route(admin, {
  tags,
  operationId: 'listQueues',
  method: 'get',
  path: '/queues',
  summary: 'List the queues that the API key can see',
  responses: { 200: json(z.object({ queues: z.array(queue) }), 'The queues') },
})

const getRoute = route(admin, {
  tags,
  operationId: 'getQueue',
  method: 'get',
  path: '/queues/{name}',
  summary: 'Get a queue',
  request: { params },
  responses: { 200: json(queue, 'The queue'), ...errors('queue_not_found') },
})

const putRoute = route(admin, {
  tags,
  operationId: 'putQueue',
  method: 'put',
  path: '/queues/{name}',
  summary: 'Create a queue, or change the given settings of an existing one',
  request: { params, body: jsonBody(queueSettings) },
  responses: { 200: json(queue, 'The queue') },
})

const patchRoute = route(admin, {
  tags,
  operationId: 'changeQueue',
  method: 'patch',
  path: '/queues/{name}',
  summary: 'Pause, resume or drain a queue, or change its limits',
  request: { params, body: jsonBody(queueSettings) },
  responses: { 200: json(queue, 'The changed queue'), ...errors('queue_not_found') },
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
    const created = await createQueue(c.get('platform'), c.get('caller'), name, c.req.valid('json'))
    if (!created.ok) {
      return errorResponse(c, created)
    }
    return c.json(created.queue, 200)
  })
  .openapi(patchRoute, async (c) => {
    const { name } = c.req.valid('param')
    const changed = await changeQueue(c.get('platform'), c.get('caller'), name, c.req.valid('json'))
    if (!changed.ok) {
      return errorResponse(c, changed)
    }
    return c.json(changed.queue, 200)
  })
