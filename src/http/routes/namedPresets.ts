/** `/queues/{name}/presets`: transformations that go by a name. */
import { createRoute, z } from '@hono/zod-openapi'
import { done } from '../../contract/job.ts'
import { queueName } from '../../contract/queue.ts'
import { preset, presetBody, presetName } from '../../contract/namedPreset.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { createApi, jsonBody } from '../router.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import {
  listPresets,
  putPreset,
  readPreset,
  removePreset,
} from '../../services/variants/namedPresets.ts'

const read = { tags: ['presets'], ...requiresScope('jobs:read') }
const write = { tags: ['presets'], ...requiresScope('queues:admin') }
const inQueue = z.object({ name: queueName })
const one = inQueue.extend({ preset: presetName })

const listRoute = createRoute({
  ...read,
  method: 'get',
  path: '/queues/{name}/presets',
  summary: 'The named presets of a queue',
  request: { params: inQueue },
  responses: {
    200: json(z.object({ presets: z.array(preset) }), 'The presets, by name'),
    ...errors(400, 401, 403, 404, 429, 503),
  },
})

const getRoute = createRoute({
  ...read,
  method: 'get',
  path: '/queues/{name}/presets/{preset}',
  summary: 'One preset',
  request: { params: one },
  responses: { 200: json(preset, 'The preset'), ...errors(400, 401, 403, 404, 429, 503) },
})

const putRoute = createRoute({
  ...write,
  method: 'put',
  path: '/queues/{name}/presets/{preset}',
  summary: 'Make a preset, or change what it stands for from now on',
  request: { params: one, body: jsonBody(presetBody) },
  responses: { 200: json(preset, 'The preset'), ...errors(400, 401, 403, 404, 429, 503) },
})

const deleteRoute = createRoute({
  ...write,
  method: 'delete',
  path: '/queues/{name}/presets/{preset}',
  summary: 'Remove a preset; variants that were made with it stay',
  request: { params: one },
  responses: { 200: json(done, 'It is gone'), ...errors(400, 401, 403, 404, 429, 503) },
})

export const presetRoutes = createApi()
  .openapi(listRoute, async (c) => {
    const { name } = c.req.valid('param')
    const outcome = await listPresets(c.get('platform'), c.get('caller'), name)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ presets: outcome.presets }, 200)
  })
  .openapi(getRoute, async (c) => {
    const { name, preset: which } = c.req.valid('param')
    const outcome = await readPreset(c.get('platform'), c.get('caller'), name, which)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(outcome.preset, 200)
  })
  .openapi(putRoute, async (c) => {
    const { name, preset: which } = c.req.valid('param')
    const outcome = await putPreset(c.get('platform'), c.get('caller'), {
      queue: name,
      name: which,
      written: c.req.valid('json'),
    })
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(outcome.preset, 200)
  })
  .openapi(deleteRoute, async (c) => {
    const { name, preset: which } = c.req.valid('param')
    const outcome = await removePreset(c.get('platform'), c.get('caller'), name, which)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ success: true as const, message: 'Preset deleted' }, 200)
  })
