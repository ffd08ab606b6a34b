/** `/api-keys`: creates, lists, changes and deletes API keys. */
import { z } from '@hono/zod-openapi'
import { apiKey, changeApiKey, createApiKey } from '../../contract/apiKey.ts'
import { successBody } from '../../contract/job.ts'
import {
  changeKey,
  createKey,
  deleteKey,
  listKeys,
  readKey,
  serializeApiKey,
} from '../../services/apiKeys/apiKeys.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'

const tags = ['keys']
const admin = requiresScope('keys:admin')
const params = z.object({ keyId: z.string() })

const createApiKeyRoute = route(admin, {
  tags,
  operationId: 'createApiKey',
  method: 'post',
  path: '/api-keys',
  summary: 'Create an API key. Only this response contains the key itself.',
  request: { body: jsonBody(createApiKey) },
  responses: { 201: json(apiKey.extend({ key: z.string() }), 'The API key') },
})

const listRoute = route(admin, {
  tags,
  operationId: 'listApiKeys',
  method: 'get',
  path: '/api-keys',
  summary: 'List all API keys, newest first',
  responses: { 200: json(z.object({ apiKeys: z.array(apiKey) }), 'The API keys') },
})

const getRoute = route(admin, {
  tags,
  operationId: 'getApiKey',
  method: 'get',
  path: '/api-keys/{keyId}',
  summary: 'Get an API key',
  request: { params },
  responses: { 200: json(apiKey, 'The API key'), ...errors('key_not_found') },
})

const changeRoute = route(admin, {
  tags,
  operationId: 'changeApiKey',
  method: 'patch',
  path: '/api-keys/{keyId}',
  summary: 'Rename, disable or enable an API key, or change its expiry or limits',
  request: { params, body: jsonBody(changeApiKey) },
  responses: { 200: json(apiKey, 'The changed API key'), ...errors('key_not_found') },
})

const deleteRoute = route(admin, {
  tags,
  operationId: 'deleteApiKey',
  method: 'delete',
  path: '/api-keys/{keyId}',
  summary: 'Delete an API key',
  request: { params },
  responses: { 200: json(successBody, 'The API key was deleted'), ...errors('key_not_found') },
})

export const apiKeyRoutes = createApi()
  .openapi(createApiKeyRoute, async (c) => {
    const created = await createKey(c.get('platform'), c.get('caller'), c.req.valid('json'))
    if (!created.ok) {
      return errorResponse(c, created)
    }
    c.header('Cache-Control', 'no-store')
    return c.json({ ...serializeApiKey(created.row), key: created.key }, 201)
  })
  .openapi(listRoute, async (c) =>
    c.json({ apiKeys: (await listKeys(c.get('platform'))).map(serializeApiKey) }, 200),
  )
  .openapi(getRoute, async (c) => {
    const found = await readKey(c.get('platform'), c.req.valid('param').keyId)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json(serializeApiKey(found.row), 200)
  })
  .openapi(changeRoute, async (c) => {
    const { keyId } = c.req.valid('param')
    const changed = await changeKey(c.get('platform'), keyId, c.req.valid('json'))
    if (!changed.ok) {
      return errorResponse(c, changed)
    }
    return c.json(serializeApiKey(changed.row), 200)
  })
  .openapi(deleteRoute, async (c) => {
    const deleted = await deleteKey(c.get('platform'), c.req.valid('param').keyId)
    if (!deleted.ok) {
      return errorResponse(c, deleted)
    }
    return c.json({ success: true as const, message: 'Key deleted' }, 200)
  })
