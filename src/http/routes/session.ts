/** `/session`: signs a browser in with an API key, and out. */
import { SCOPES } from '../../contract/apiKey.ts'
import { successBody } from '../../contract/job.ts'
import { session, startSession as startSessionRequest } from '../../contract/session.ts'
import type { Caller } from '../../domain/caller.ts'
import { readKey } from '../../services/apiKeys/apiKeys.ts'
import { toIsoTime } from '../../services/serializers.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { authenticateKey, requiresScope } from '../middleware/authenticate.ts'
import { rateLimitVisitors } from '../middleware/rateLimit.ts'
import { errorResponse, errors, json } from '../responses/errorResponse.ts'
import { route } from '../route.ts'
import { createApi, jsonBody } from '../router.ts'
import { endSession, findCrossSiteError, startSession } from '../session.ts'
import type { Context } from 'hono'

const tags = ['session']
const everyone = { security: [], middleware: rateLimitVisitors, responses: errors('rate_limited') }

const startRoute = route(everyone, {
  tags,
  operationId: 'startSession',
  method: 'post',
  path: '/session',
  summary: 'Sign a browser in with an API key',
  description:
    'Sets a cookie that scripts cannot read. Requests of pages of this service then need no API key. The session ends after a day, or with the API key.',
  request: { body: jsonBody(startSessionRequest) },
  responses: {
    201: json(session, 'The session; its cookie is set'),
    ...errors('unauthorized', 'cross_site_request', 'not_configured'),
  },
})

const getRoute = route(requiresScope(...SCOPES), {
  tags,
  operationId: 'getSession',
  method: 'get',
  path: '/session',
  summary: 'Get what the API key of this request or session may do',
  responses: { 200: json(session, 'The API key of the caller') },
})

const endRoute = route(everyone, {
  tags,
  operationId: 'endSession',
  method: 'delete',
  path: '/session',
  summary: 'Sign a browser out',
  responses: { 200: json(successBody, 'The cookie was deleted'), ...errors('cross_site_request') },
})

async function describeSession(c: Context<ApiEnv>, caller: Caller, expiresAt: number | null) {
  const { keyId, scopes, queue, pathPrefix } = caller
  const found = keyId === null || keyId === 'root' ? null : await readKey(c.get('platform'), keyId)
  c.header('Cache-Control', 'no-store')
  return {
    keyId: keyId!,
    name: found?.ok ? found.row.name : 'Root key',
    scopes: [...scopes],
    queue,
    pathPrefix,
    expiresAt: toIsoTime(expiresAt),
  }
}

export const sessionRoutes = createApi()
  .openapi(startRoute, async (c) => {
    const crossSite = findCrossSiteError(c, false)
    if (crossSite) {
      return errorResponse(c, crossSite)
    }
    const { apiKey } = c.req.valid('json')
    const authenticated = await authenticateKey(c, apiKey)
    if (!authenticated.ok) {
      return errorResponse(c, authenticated)
    }
    const { caller } = authenticated
    const started = await startSession(c, apiKey, caller.expiresAt)
    if (!started.ok) {
      return errorResponse(c, started)
    }
    return c.json(await describeSession(c, caller, started.expiresAt), 201)
  })
  .openapi(getRoute, async (c) => {
    const caller = c.get('caller')
    return c.json(await describeSession(c, caller, caller.expiresAt), 200)
  })
  .openapi(endRoute, (c) => {
    const crossSite = findCrossSiteError(c, false)
    if (crossSite) {
      return errorResponse(c, crossSite)
    }
    endSession(c)
    return c.json({ success: true as const, message: 'Signed out' }, 200)
  })
