/** Authenticates API requests. A route declares its scope with `requiresScope` or `openToVisitors`. */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Scope } from '../../contract/apiKey.ts'
import { type Caller, ROOT, VISITOR } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { findCallerByKey } from '../../services/apiKeys/apiKeys.ts'
import { HOW_TO_SEND_A_KEY, missingScopeError } from '../../services/apiKeys/accessErrors.ts'
import { errorResponse, errors } from '../responses/errorResponse.ts'
import { type ApiEnv } from '../router.ts'
import { areEqual, readBearerToken } from './bearerToken.ts'
import { type RateLimitClass, checkRateLimit } from './rateLimit.ts'

/** Statuses with which authentication and rate limits reject a request. */
const rejections = errors(401, 403, 429, 503)

/** Declares that a route needs an API key with one of these scopes. */
export function requiresScope(...scopes: [Scope, ...Scope[]]) {
  return {
    security: scopes.map((scope) => ({ apiKey: [scope] })),
    middleware: requireScope(scopes),
    responses: rejections,
  }
}

/**
 * Declares that a route takes requests without a key. The handler decides what visitors may do, and
 * asks for `scope` where a setting closes the route to them.
 */
export function openToVisitors(scope: Scope) {
  return {
    security: [{}, { apiKey: [scope] }],
    middleware: identifyCaller,
    responses: rejections,
  }
}

function requireScope(scopes: [Scope, ...Scope[]]) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const authenticated = await authenticate(c)
    const caller = authenticated?.ok ? authenticated.caller : VISITOR
    // First of all, so that attempts to guess a key are limited too.
    const limited = await checkRateLimit(c, rateLimitClass(c.req.method, scopes[0]), caller)
    if (!limited.ok) {
      return errorResponse(c, limited)
    }
    if (authenticated?.ok === false) {
      return unauthorizedResponse(c, authenticated)
    }
    if (!authenticated && !c.env.API_KEY) {
      return unauthorizedResponse(c, notConfigured)
    }
    const missing = missingScopeError(caller, ...scopes)
    if (missing) {
      return unauthorizedResponse(c, missing)
    }
    c.set('caller', caller)
    return next()
  })
}

const identifyCaller = createMiddleware<ApiEnv>(async (c, next) => {
  const authenticated = await authenticate(c)
  const caller = authenticated?.ok ? authenticated.caller : VISITOR
  const limited = await checkRateLimit(c, 'READS', caller)
  if (!limited.ok) {
    return errorResponse(c, limited)
  }
  if (authenticated?.ok === false) {
    return unauthorizedResponse(c, authenticated)
  }
  c.set('caller', caller)
  return next()
})

type Authenticated = { ok: true; caller: Caller } | ErrorResult<'unauthorized' | 'not_configured'>

const notConfigured = errorResult(
  'not_configured',
  'The secret API_KEY is not set. Set it with: npx wrangler secret put API_KEY',
)

/** The caller whose key the request has. Null: the request has no key. */
async function authenticate(c: Context<ApiEnv>): Promise<Authenticated | null> {
  const key = readBearerToken(c)
  if (key === undefined) {
    return null
  }
  if (c.env.API_KEY && (await areEqual(key, c.env.API_KEY))) {
    return { ok: true, caller: ROOT }
  }
  const found = await findCallerByKey(c.get('platform'), key)
  if (!found.ok && !c.env.API_KEY) {
    return notConfigured
  }
  return found.ok ? found : errorResult('unauthorized', `${found.message} ${HOW_TO_SEND_A_KEY}`)
}

function unauthorizedResponse(c: Context<ApiEnv>, result: ErrorResult) {
  if (result.code === 'unauthorized') {
    c.header('WWW-Authenticate', 'Bearer')
  }
  return errorResponse(c, result)
}

function rateLimitClass(method: string, scope: Scope): RateLimitClass {
  if (scope === 'files:write') {
    return 'UPLOADS'
  }
  return method === 'GET' || method === 'HEAD' ? 'READS' : 'WRITES'
}
