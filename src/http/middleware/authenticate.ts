/**
 * Authenticates API requests. A route declares its scope with `requiresScope` or `openToVisitors`.
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Scope } from '../../contract/apiKey.ts'
import { type Caller, ROOT, VISITOR } from '../../domain/caller.ts'
import { sha256 } from '../../domain/digest.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { findCallerByKey } from '../../services/apiKeys/apiKeys.ts'
import { HOW_TO_SEND_A_KEY, missingScopeError } from '../../services/apiKeys/accessErrors.ts'
import { errorResponse, errors } from '../responses/errorResponse.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { findCrossSiteError, readSession } from '../session.ts'
import { isDigestOf, readBearerToken } from './bearerToken.ts'
import { type RateLimitClass, checkCallerRateLimit } from './rateLimit.ts'

/** Error responses of authentication and rate limits. */
const rejections = errors(
  'unauthorized',
  'forbidden',
  'cross_site_request',
  'rate_limited',
  'not_configured',
)

/** Declares that a route needs an API key with one of these scopes. */
export function requiresScope(...scopes: [Scope, ...Scope[]]) {
  return {
    security: scopes.map((scope) => ({ apiKey: [scope] })),
    middleware: scopeMiddleware(scopes),
    responses: rejections,
  }
}

/**
 * Declares that a route accepts requests without a key. The handler decides what visitors may do,
 * and requires `scope` if a setting (PUBLIC_EVENTS and others) excludes them.
 */
export function openToVisitors(scope: Scope) {
  return {
    security: [{}, { apiKey: [scope] }],
    middleware: identifyCaller,
    responses: rejections,
  }
}

function scopeMiddleware(scopes: [Scope, ...Scope[]]) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const authenticated = await authenticate(c)
    const caller = authenticated?.ok ? authenticated.caller : VISITOR
    // Checked before an invalid key is rejected, so that guessing keys is limited too.
    const limited = await checkCallerRateLimit(c, rateLimitClass(c.req.method, scopes[0]), caller)
    if (!limited.ok) {
      return errorResponse(c, limited)
    }
    if (authenticated?.ok === false) {
      return accessErrorResponse(c, authenticated)
    }
    if (!authenticated && !c.env.API_KEY) {
      return accessErrorResponse(c, notConfigured)
    }
    const missing = missingScopeError(caller, ...scopes)
    if (missing) {
      return accessErrorResponse(c, missing)
    }
    c.set('caller', caller)
    return next()
  })
}

const identifyCaller = createMiddleware<ApiEnv>(async (c, next) => {
  const authenticated = await authenticate(c)
  const caller = authenticated?.ok ? authenticated.caller : VISITOR
  const limited = await checkCallerRateLimit(c, 'READS', caller)
  if (!limited.ok) {
    return errorResponse(c, limited)
  }
  // The cookie of an ended session does not keep anyone from what visitors may read.
  if (authenticated?.ok === false && readBearerToken(c) !== undefined) {
    return accessErrorResponse(c, authenticated)
  }
  c.set('caller', caller)
  return next()
})

type Authenticated =
  | { ok: true; caller: Caller }
  | ErrorResult<'unauthorized' | 'not_configured' | 'cross_site_request'>

const notConfigured = errorResult(
  'not_configured',
  'The secret API_KEY is not set. Set it with: npx wrangler secret put API_KEY',
)

/** Returns the caller of the request's key or session; null if it has neither. A key comes first. */
async function authenticate(c: Context<ApiEnv>): Promise<Authenticated | null> {
  const key = readBearerToken(c)
  if (key !== undefined) {
    return authenticateKey(c, key)
  }
  const session = await readSession(c)
  if (!session?.ok) {
    return session
  }
  const crossSite = findCrossSiteError(c, true)
  if (crossSite) {
    return crossSite
  }
  const authenticated = await authenticateKey(c, session.key)
  if (!authenticated.ok) {
    return authenticated
  }
  const { caller } = authenticated
  const expiresAt = Math.min(session.expiresAt, caller.expiresAt ?? session.expiresAt)
  return { ok: true, caller: { ...caller, expiresAt } }
}

/** Returns the caller of an API key. */
export async function authenticateKey(
  c: Context<ApiEnv>,
  key: string,
): Promise<{ ok: true; caller: Caller } | ErrorResult<'unauthorized' | 'not_configured'>> {
  const digest = await sha256(key)
  if (c.env.API_KEY && (await isDigestOf(digest, c.env.API_KEY))) {
    return { ok: true, caller: ROOT }
  }
  const found = await findCallerByKey(c.get('platform'), key, digest)
  if (!found.ok && !c.env.API_KEY) {
    return notConfigured
  }
  return found.ok ? found : errorResult('unauthorized', `${found.message} ${HOW_TO_SEND_A_KEY}`)
}

/** Responds with an authentication or scope error. A 401 gets the header that HTTP requires. */
function accessErrorResponse(c: Context<ApiEnv>, result: ErrorResult) {
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
