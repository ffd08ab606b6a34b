/**
 * Who may call: the one place that decides. A route declares the scope that it takes, and finds in
 * the context who is calling and how far that caller sees.
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Scope } from '../../contract/apiKey.ts'
import { type Caller, ROOT, VISITOR } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { findCallerByKey } from '../../services/apiKeys/apiKeys.ts'
import { type ApiEnv } from '../router.ts'
import { bearerTokenOf, equal } from './bearerToken.ts'
import { type RateLimitClass, checkRateLimit } from './rateLimit.ts'
import { errorResponse } from '../responses/errorResponse.ts'

type Found = { ok: true; caller: Caller } | ErrorResult<'unauthorized' | 'not_configured'>
const HOW = 'send it as "Authorization: Bearer <key>".'

/** Whose key was shown; null when there is none. */
async function identify(c: Context<ApiEnv>): Promise<Found | null> {
  const shown = bearerTokenOf(c)
  if (shown === undefined) {
    return null
  }
  if (c.env.API_KEY && (await equal(shown, c.env.API_KEY))) {
    return { ok: true, caller: ROOT }
  }
  const found = await findCallerByKey(c.get('platform'), shown)
  if (!found.ok && !c.env.API_KEY) {
    return notConfigured
  }
  return found.ok ? found : errorResult('unauthorized', `${found.message}: ${HOW}`)
}

const notConfigured = errorResult(
  'not_configured',
  'This service has no API_KEY. Set it with: npx wrangler secret put API_KEY',
)

function unauthorizedResponse(c: Context<ApiEnv>, result: ErrorResult) {
  if (result.code === 'unauthorized') {
    c.header('WWW-Authenticate', 'Bearer')
  }
  return errorResponse(c, result)
}

/** What is missing for a caller to do what any of these scopes allows, or null. */
export function missingScopeError({ keyId, scopes }: Caller, ...wanted: Scope[]) {
  if (wanted.some((scope) => scopes.includes(scope))) {
    return null
  }
  return keyId === null
    ? errorResult('unauthorized', `A key is needed: ${HOW}`)
    : errorResult(
        'forbidden',
        `This takes a key with the scope ${wanted.join(' or ')}; this one has ${scopes.join(', ')}`,
      )
}

function classOf(method: string, scope: Scope): RateLimitClass {
  return scope === 'files:write'
    ? 'UPLOADS'
    : method === 'GET' || method === 'HEAD'
      ? 'READS'
      : 'WRITES'
}

/** Lets through who shows a key with one of these scopes. */
export function requireScope(...scopes: [Scope, ...Scope[]]) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const found = await identify(c)
    const caller = found?.ok ? found.caller : VISITOR
    // Before anything is answered: a key that is not known counts against the client.
    const within = await checkRateLimit(c, classOf(c.req.method, scopes[0]), caller)
    if (!within.ok) {
      return errorResponse(c, within)
    }
    if (found?.ok === false) {
      return unauthorizedResponse(c, found)
    }
    if (!found && !c.env.API_KEY) {
      return unauthorizedResponse(c, notConfigured)
    }
    const lack = missingScopeError(caller, ...scopes)
    if (lack) {
      return unauthorizedResponse(c, lack)
    }
    c.set('caller', caller)
    return next()
  })
}

/** For routes that visitors may be let into: finds out who is calling, and leaves it at that. */
const identifyCaller = createMiddleware<ApiEnv>(async (c, next) => {
  const found = await identify(c)
  const caller = found?.ok ? found.caller : VISITOR
  const within = await checkRateLimit(c, 'READS', caller)
  if (!within.ok) {
    return errorResponse(c, within)
  }
  if (found?.ok === false) {
    return unauthorizedResponse(c, found)
  }
  c.set('caller', caller)
  return next()
})

/** Declares that a route takes a key with one of these scopes: in its description and in front of it. */
export function requiresScope(...scopes: [Scope, ...Scope[]]) {
  return {
    security: scopes.map((scope) => ({ apiKey: [scope] })),
    middleware: requireScope(...scopes),
  }
}

/** Declares that a route is open to visitors, and to keys with `scope` where visitors are kept out. */
export function openToVisitors(scope: Scope) {
  return {
    security: [{}, { apiKey: [scope] }],
    middleware: identifyCaller,
  }
}
