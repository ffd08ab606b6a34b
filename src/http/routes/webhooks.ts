/** `/webhooks`: endpoints that receive events, their secrets, and their deliveries. */
import { z } from '@hono/zod-openapi'
import { successBody } from '../../contract/job.ts'
import {
  changeWebhook,
  createWebhook,
  delivery,
  listDeliveries as listDeliveriesQuery,
  replayDeliveries,
  testResult,
  webhook,
} from '../../contract/webhook.ts'
import { readDeliveries, replay, sendTest } from '../../services/webhooks/deliveries.ts'
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  readEndpoint,
  readEndpoints,
  rotateSecret,
  serializeWebhook,
} from '../../services/webhooks/endpoints.ts'
import { readJobSecrets } from '../../services/webhooks/secrets.ts'
import { requiresScope } from '../middleware/authenticate.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'

const tags = ['webhooks']
const read = requiresScope('webhooks:read')
const write = requiresScope('webhooks:write')
const params = z.object({ webhookId: z.string() })
const withSecret = webhook.extend({
  secret: z.string().describe('Checks the signatures. Only this response contains it'),
})

const createWebhookRoute = route(write, {
  tags,
  operationId: 'createWebhook',
  method: 'post',
  path: '/webhooks',
  summary: 'Create an endpoint that receives events from now on',
  request: { body: jsonBody(createWebhook) },
  responses: {
    201: json(withSecret, 'The webhook, with its secret'),
    ...errors('invalid_path', 'queue_not_found'),
  },
})

const listRoute = route(read, {
  tags,
  operationId: 'listWebhooks',
  method: 'get',
  path: '/webhooks',
  summary: 'List the webhooks, newest first',
  responses: { 200: json(z.object({ webhooks: z.array(webhook) }), 'The webhooks') },
})

const jobSecretRoute = route(write, {
  tags,
  operationId: 'getWebhookJobSecret',
  method: 'get',
  path: '/webhooks/job-secret',
  summary: 'Get the secret of what is sent to the webhookUrl of the jobs of this key',
  responses: {
    200: json(
      z.object({
        secrets: z
          .array(z.string())
          .describe('One for each signing key of the service. Each message has all signatures'),
      }),
      'The secrets, the newest first',
    ),
  },
})

const getRoute = route(read, {
  tags,
  operationId: 'getWebhook',
  method: 'get',
  path: '/webhooks/{webhookId}',
  summary: 'Get a webhook',
  request: { params },
  responses: { 200: json(webhook, 'The webhook'), ...errors('webhook_not_found') },
})

const changeRoute = route(write, {
  tags,
  operationId: 'changeWebhook',
  method: 'patch',
  path: '/webhooks/{webhookId}',
  summary: 'Change, disable or enable a webhook',
  request: { params, body: jsonBody(changeWebhook) },
  responses: { 200: json(webhook, 'The changed webhook'), ...errors('webhook_not_found') },
})

const deleteRoute = route(write, {
  tags,
  operationId: 'deleteWebhook',
  method: 'delete',
  path: '/webhooks/{webhookId}',
  summary: 'Delete a webhook and its log of deliveries',
  request: { params },
  responses: { 200: json(successBody, 'The webhook was deleted'), ...errors('webhook_not_found') },
})

const rotateRoute = route(write, {
  tags,
  operationId: 'rotateWebhookSecret',
  method: 'post',
  path: '/webhooks/{webhookId}/rotate-secret',
  summary: 'Create a new secret. For a day, messages are signed with the previous one too',
  request: { params },
  responses: {
    200: json(withSecret, 'The webhook, with its new secret'),
    ...errors('webhook_not_found'),
  },
})

const testRoute = route(write, {
  tags,
  operationId: 'testWebhook',
  method: 'post',
  path: '/webhooks/{webhookId}/test',
  summary: 'Send a message of the type webhook.test now, and return the answer of the receiver',
  request: { params },
  responses: {
    200: json(testResult, 'What the receiver answered'),
    ...errors('webhook_not_found'),
  },
})

const deliveriesRoute = route(read, {
  tags,
  operationId: 'listWebhookDeliveries',
  method: 'get',
  path: '/webhooks/{webhookId}/deliveries',
  summary: 'List the deliveries of a webhook, newest event first',
  request: { params, query: listDeliveriesQuery },
  responses: {
    200: json(
      z.object({
        deliveries: z.array(delivery),
        nextBefore: z.int().nullable().describe('`before` of the next page; null on the last one'),
      }),
      'A page of deliveries',
    ),
    ...errors('webhook_not_found'),
  },
})

const replayRoute = route(write, {
  tags,
  operationId: 'replayWebhookDeliveries',
  method: 'post',
  path: '/webhooks/{webhookId}/replay',
  summary: 'Send deliveries again: one, a range, or all that failed since a time',
  request: { params, body: jsonBody(replayDeliveries) },
  responses: {
    202: json(
      z.object({
        replayed: z.int(),
        nextSequence: z
          .int()
          .nullable()
          .describe('Set if there are more: the first delivery that is not replayed yet'),
      }),
      'The deliveries are pending again',
    ),
    ...errors('webhook_not_found', 'delivery_not_found', 'webhook_disabled'),
  },
})

export const webhookRoutes = createApi()
  .openapi(createWebhookRoute, async (c) => {
    const created = await createEndpoint(c.get('platform'), c.get('caller'), c.req.valid('json'))
    if (!created.ok) {
      return errorResponse(c, created)
    }
    c.header('Cache-Control', 'no-store')
    return c.json({ ...serializeWebhook(created.row), secret: created.secret }, 201)
  })
  .openapi(listRoute, async (c) => {
    const rows = await readEndpoints(c.get('platform'), c.get('caller'))
    return c.json({ webhooks: rows.map(serializeWebhook) }, 200)
  })
  .openapi(jobSecretRoute, async (c) => {
    c.header('Cache-Control', 'no-store')
    return c.json({ secrets: await readJobSecrets(c.get('platform'), c.get('caller')) }, 200)
  })
  .openapi(getRoute, async (c) => {
    const { webhookId } = c.req.valid('param')
    const found = await readEndpoint(c.get('platform'), c.get('caller'), webhookId)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json(serializeWebhook(found.row), 200)
  })
  .openapi(changeRoute, async (c) => {
    const { webhookId } = c.req.valid('param')
    const changes = c.req.valid('json')
    const changed = await changeEndpoint(c.get('platform'), c.get('caller'), webhookId, changes)
    if (!changed.ok) {
      return errorResponse(c, changed)
    }
    return c.json(serializeWebhook(changed.row), 200)
  })
  .openapi(deleteRoute, async (c) => {
    const { webhookId } = c.req.valid('param')
    const deleted = await deleteEndpoint(c.get('platform'), c.get('caller'), webhookId)
    if (!deleted.ok) {
      return errorResponse(c, deleted)
    }
    return c.json({ success: true as const, message: 'Webhook deleted' }, 200)
  })
  .openapi(rotateRoute, async (c) => {
    const { webhookId } = c.req.valid('param')
    const rotated = await rotateSecret(c.get('platform'), c.get('caller'), webhookId)
    if (!rotated.ok) {
      return errorResponse(c, rotated)
    }
    c.header('Cache-Control', 'no-store')
    return c.json({ ...serializeWebhook(rotated.row), secret: rotated.secret }, 200)
  })
  .openapi(testRoute, async (c) => {
    const { webhookId } = c.req.valid('param')
    const tested = await sendTest(c.get('platform'), c.get('caller'), webhookId)
    if (!tested.ok) {
      return errorResponse(c, tested)
    }
    return c.json(tested.result, 200)
  })
  .openapi(deliveriesRoute, async (c) => {
    const { webhookId } = c.req.valid('param')
    const query = c.req.valid('query')
    const found = await readDeliveries(c.get('platform'), c.get('caller'), webhookId, query)
    if (!found.ok) {
      return errorResponse(c, found)
    }
    return c.json({ deliveries: found.deliveries, nextBefore: found.nextBefore }, 200)
  })
  .openapi(replayRoute, async (c) => {
    const { webhookId } = c.req.valid('param')
    const request = c.req.valid('json')
    const replayed = await replay(c.get('platform'), c.get('caller'), webhookId, request)
    if (!replayed.ok) {
      return errorResponse(c, replayed)
    }
    return c.json({ replayed: replayed.replayed, nextSequence: replayed.nextSequence }, 202)
  })
