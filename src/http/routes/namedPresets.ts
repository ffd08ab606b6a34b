/** `/queues/{name}/presets`: transformations that are stored under a name. */
import { z } from '@hono/zod-openapi'
import { successBody } from '../../contract/job.ts'
import { preset, presetBody, presetName } from '../../contract/namedPreset.ts'
import { queueName } from '../../contract/queue.ts'
import {
  deletePreset,
  listPresets,
  putPreset,
  readPreset,
} from '../../services/variants/namedPresets.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'

const tags = ['presets']
const read = requiresScope('jobs:read')
const write = requiresScope('queues:admin')
const queueParams = z.object({ name: queueName })
const presetParams = queueParams.extend({ preset: presetName })

const listRoute = route(read, {
  tags,
  operationId: 'listPresets',
  method: 'get',
  path: '/queues/{name}/presets',
  summary: 'List the named presets of a queue',
  request: { params: queueParams },
  responses: {
    200: json(z.object({ presets: z.array(preset) }), 'The presets, in the order of their names'),
    ...errors('queue_not_found'),
  },
})

const getRoute = route(read, {
  tags,
  operationId: 'getPreset',
  method: 'get',
  path: '/queues/{name}/presets/{preset}',
  summary: 'Get a named preset',
  request: { params: presetParams },
  responses: { 200: json(preset, 'The preset'), ...errors('preset_not_found') },
})

const putRoute = route(write, {
  tags,
  operationId: 'putPreset',
  method: 'put',
  path: '/queues/{name}/presets/{preset}',
  summary: 'Create a named preset, or change it. Variants that were made with it stay.',
  request: { params: presetParams, body: jsonBody(presetBody) },
  responses: {
    200: json(preset, 'The preset'),
    ...errors('invalid_transformation', 'queue_not_found'),
  },
})

const deleteRoute = route(write, {
  tags,
  operationId: 'deletePreset',
  method: 'delete',
  path: '/queues/{name}/presets/{preset}',
  summary: 'Delete a named preset. Variants that were made with it stay.',
  request: { params: presetParams },
  responses: { 200: json(successBody, 'The preset was deleted'), ...errors('preset_not_found') },
})

export const presetRoutes = createApi()
  .openapi(listRoute, async (c) => {
    const { name } = c.req.valid('param')
    const found = await listPresets(c.get('platform'), c.get('caller'), name)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json({ presets: found.presets }, 200)
  })
  .openapi(getRoute, async (c) => {
    const { name, preset } = c.req.valid('param')
    const found = await readPreset(c.get('platform'), c.get('caller'), name, preset)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json(found.preset, 200)
  })
  .openapi(putRoute, async (c) => {
    const { name, preset } = c.req.valid('param')
    const stored = await putPreset(c.get('platform'), c.get('caller'), {
      queue: name,
      name: preset,
      body: c.req.valid('json'),
    })
    if (!stored.ok) {
      return errorResponse(c, stored)
    }
    return c.json(stored.preset, 200)
  })
  .openapi(deleteRoute, async (c) => {
    const { name, preset } = c.req.valid('param')
    const deleted = await deletePreset(c.get('platform'), c.get('caller'), name, preset)
    if (!deleted.ok) {
      return errorResponse(c, deleted)
    }
    return c.json({ success: true as const, message: 'Preset deleted' }, 200)
  })
