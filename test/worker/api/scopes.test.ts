/** Scopes that routes require: without the scope, the response is 403 and names it. */
import { beforeAll, expect, it } from 'vitest'
import { SCOPES, type Scope } from '../../../src/contract/apiKey.ts'
import { visit, expectError, expectJson } from '../helpers/requests.ts'
import { makeKey, type MadeKey } from '../helpers/apiKeys.ts'

const ROUTES: [string, string, Scope][] = [
  ['GET', '/queue/jobs', 'jobs:read'],
  ['GET', '/queue/jobs/x', 'jobs:read'],
  ['GET', '/queue/jobs/x/attempts', 'jobs:read'],
  ['GET', '/queue/jobs/x/chunks', 'jobs:read'],
  ['GET', '/queue/stats', 'jobs:read'],
  ['GET', '/queue/stats/history', 'jobs:read'],
  ['GET', '/metrics', 'metrics:read'],
  ['POST', '/queue/jobs', 'jobs:write'],
  ['POST', '/queue/jobs/batch', 'jobs:write'],
  ['POST', '/queue/jobs/x/retry', 'jobs:write'],
  ['POST', '/queue/jobs/x/cancel', 'jobs:write'],
  ['DELETE', '/queue/jobs/x', 'jobs:write'],
  ['PUT', '/files/x.mp4', 'files:write'],
  ['DELETE', '/files/x.mp4', 'files:write'],
  ['POST', '/upload', 'files:write'],
  ['POST', '/uploads', 'files:write'],
  ['GET', '/uploads/x', 'files:write'],
  ['PUT', '/uploads/x/1', 'files:write'],
  ['GET', '/uploads/x/1/url', 'files:write'],
  ['POST', '/uploads/x/complete', 'files:write'],
  ['DELETE', '/uploads/x', 'files:write'],
  ['POST', '/tus', 'files:write'],
  ['GET', '/tus/x', 'files:write'],
  ['PATCH', '/tus/x', 'files:write'],
  ['DELETE', '/tus/x', 'files:write'],
  ['POST', '/queue/events/token', 'events:read'],
  ['GET', '/queues', 'queues:admin'],
  ['GET', '/queues/default', 'queues:admin'],
  ['PUT', '/queues/new', 'queues:admin'],
  ['PATCH', '/queues/default', 'queues:admin'],
  ['GET', '/queues/default/presets', 'jobs:read'],
  ['GET', '/queues/default/presets/x', 'jobs:read'],
  ['PUT', '/queues/default/presets/x', 'queues:admin'],
  ['DELETE', '/queues/default/presets/x', 'queues:admin'],
  ['POST', '/probe', 'jobs:read'],
  ['GET', '/api-keys', 'keys:admin'],
  ['POST', '/api-keys', 'keys:admin'],
  ['GET', '/api-keys/x', 'keys:admin'],
  ['PATCH', '/api-keys/x', 'keys:admin'],
  ['DELETE', '/api-keys/x', 'keys:admin'],
  ['GET', '/webhooks', 'webhooks:read'],
  ['POST', '/webhooks', 'webhooks:write'],
  ['GET', '/webhooks/job-secret', 'webhooks:write'],
  ['GET', '/webhooks/x', 'webhooks:read'],
  ['PATCH', '/webhooks/x', 'webhooks:write'],
  ['DELETE', '/webhooks/x', 'webhooks:write'],
  ['POST', '/webhooks/x/rotate-secret', 'webhooks:write'],
  ['POST', '/webhooks/x/test', 'webhooks:write'],
  ['GET', '/webhooks/x/deliveries', 'webhooks:read'],
  ['POST', '/webhooks/x/replay', 'webhooks:write'],
  ['GET', '/rules', 'jobs:read'],
  ['POST', '/rules', 'rules:write'],
  ['POST', '/rules/test', 'jobs:read'],
  ['GET', '/rules/x', 'jobs:read'],
  ['PATCH', '/rules/x', 'rules:write'],
  ['DELETE', '/rules/x', 'rules:write'],
]
const keys = new Map<Scope, MadeKey>()
const without = new Map<Scope, MadeKey>()
beforeAll(async () => {
  for (const scope of SCOPES) {
    keys.set(scope, await makeKey({ scopes: [scope] }))
    without.set(scope, await makeKey({ scopes: SCOPES.filter((other) => other !== scope) }))
  }
})

it.each(ROUTES)('%s %s requires %s', async (method, path, scope) => {
  await expectError(await visit(path, { method }), 401, 'unauthorized')
  const rejected = await without.get(scope)!.call(method, path)
  expect(await expectError(rejected, 403, 'forbidden')).toContain(scope)
  // With that scope alone, the request is not rejected with 401 or 403.
  expect([401, 403]).not.toContain((await keys.get(scope)!.call(method, path)).status)
})

interface Document {
  paths: Record<string, Record<string, { security?: Record<string, string[]>[] }>>
}

it('the list has every route that requires one certain scope', async () => {
  const { paths } = await expectJson<Document>(await visit('/openapi.json'), 200)
  const missing = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { security = [] }]) => security.length === 1 && 'apiKey' in security[0]!)
      .map(([method, { security }]) => [method.toUpperCase(), path, security![0]!.apiKey![0]!])
      .filter(([method, , scope]) => !ROUTES.some((route) => covers(route, method!, path, scope!))),
  )
  expect(missing).toEqual([])
})

/** @param path with parameters in braces, as in OpenAPI */
function covers(route: (typeof ROUTES)[number], method: string, path: string, scope: string) {
  const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
  return route[0] === method && pattern.test(route[1]) && route[2] === scope
}

it('signing a URL requires the scope of the request that it allows', async () => {
  const body = { GET: { method: 'GET', path: 'a.mp4' }, PUT: { method: 'PUT', path: 'a.mp4' } }
  await expectError(await visit('/signed-urls', { method: 'POST' }), 401, 'unauthorized')
  const reader = keys.get('jobs:read')!
  const uploader = keys.get('files:write')!
  expect((await reader.call('POST', '/signed-urls', body.GET)).status).toBe(201)
  expect((await uploader.call('POST', '/signed-urls', body.PUT)).status).toBe(201)
  await expectError(await reader.call('POST', '/signed-urls', body.PUT), 403, 'forbidden')
  await expectError(await uploader.call('POST', '/signed-urls', body.GET), 403, 'forbidden')
  const other = keys.get('queues:admin')!
  await expectError(await other.call('POST', '/signed-urls', body.GET), 403, 'forbidden')
})
