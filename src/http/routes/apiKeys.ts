/** `/api-keys`: who may call, and what each may do. */
import { createRoute, z } from '@hono/zod-openapi'
import { apiKey, changeApiKey, createApiKey } from '../../contract/apiKey.ts'
import { done } from '../../contract/job.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { createApi, jsonBody } from '../router.ts'
import { errors, json, errorResponse } from '../responses/errorResponse.ts'
import {
  changeKey,
  createKey,
  serializeApiKey,
  listKeys,
  readKey,
  removeKey,
} from '../../services/apiKeys/apiKeys.ts'

const keys = { tags: ['keys'], ...requiresScope('keys:admin') }
const params = z.object({ keyId: z.string().max(100) })

const createSpec = createRoute({
  ...keys,
  method: 'post',
  path: '/api-keys',
  summary: 'Make a key; it is shown in this answer and never again',
  request: { body: jsonBody(createApiKey) },
  responses: {
    201: json(apiKey.extend({ key: z.string() }), 'The key'),
    ...errors(400, 401, 403, 429, 503),
  },
})

const listSpec = createRoute({
  ...keys,
  method: 'get',
  path: '/api-keys',
  summary: 'All keys, the newest first',
  responses: {
    200: json(z.object({ apiKeys: z.array(apiKey) }), 'The keys'),
    ...errors(401, 403, 429, 503),
  },
})

const getSpec = createRoute({
  ...keys,
  method: 'get',
  path: '/api-keys/{keyId}',
  summary: 'One key',
  request: { params },
  responses: { 200: json(apiKey, 'The key'), ...errors(401, 403, 404, 429, 503) },
})

const patchSpec = createRoute({
  ...keys,
  method: 'patch',
  path: '/api-keys/{keyId}',
  summary: 'Rename, expire, disable or enable a key, or change its caps',
  request: { params, body: jsonBody(changeApiKey) },
  responses: {
    200: json(apiKey, 'The key as it is now'),
    ...errors(400, 401, 403, 404, 429, 503),
  },
})

const deleteSpec = createRoute({
  ...keys,
  method: 'delete',
  path: '/api-keys/{keyId}',
  summary: 'Remove a key for good',
  request: { params },
  responses: { 200: json(done, 'It is gone'), ...errors(401, 403, 404, 429, 503) },
})

export const keyRoutes = createApi()
  .openapi(createSpec, async (c) => {
    const outcome = await createKey(c.get('platform'), c.get('caller'), c.req.valid('json'))
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    c.header('Cache-Control', 'no-store')
    return c.json({ ...serializeApiKey(outcome.row), key: outcome.key }, 201)
  })
  .openapi(listSpec, async (c) =>
    c.json({ apiKeys: (await listKeys(c.get('platform'))).map(serializeApiKey) }, 200),
  )
  .openapi(getSpec, async (c) => {
    const outcome = await readKey(c.get('platform'), c.req.valid('param').keyId)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(serializeApiKey(outcome.row), 200)
  })
  .openapi(patchSpec, async (c) => {
    const { keyId } = c.req.valid('param')
    const outcome = await changeKey(c.get('platform'), keyId, c.req.valid('json'))
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json(serializeApiKey(outcome.row), 200)
  })
  .openapi(deleteSpec, async (c) => {
    const outcome = await removeKey(c.get('platform'), c.req.valid('param').keyId)
    if (!outcome.ok) {
      return errorResponse(c, outcome)
    }
    return c.json({ success: true as const, message: 'Key deleted' }, 200)
  })
