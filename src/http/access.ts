/**
 * Who may call: the one place that decides. A route declares the scope that it takes, and finds in
 * the context who is calling and how far that caller sees.
 */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Scope } from '../contract/access.ts'
import { type Caller, ROOT, VISITOR } from '../domain/access.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { callerOf } from '../jobs/keys.ts'
import { type ApiEnv, platformOf } from './api.ts'
import { bearerOf, equal } from './auth.ts'
import { type LimitClass, withinLimit } from './limits.ts'
import { problem } from './problem.ts'

type Found = { ok: true; caller: Caller } | Refusal<'unauthorized' | 'not_configured'>
const HOW = 'send it as "Authorization: Bearer <key>".'

/** Whose key was shown; null when there is none. */
async function identify(c: Context<ApiEnv>): Promise<Found | null> {
  const shown = bearerOf(c)
  if (shown === undefined) {
    return null
  }
  if (c.env.API_KEY && (await equal(shown, c.env.API_KEY))) {
    return { ok: true, caller: ROOT }
  }
  const found = await callerOf(platformOf(c), shown)
  if (!found.ok && !c.env.API_KEY) {
    return notConfigured
  }
  return found.ok ? found : refuse('unauthorized', `${found.message}: ${HOW}`)
}

const notConfigured = refuse(
  'not_configured',
  'This service has no API_KEY. Set it with: npx wrangler secret put API_KEY',
)

function refuseCall(c: Context<ApiEnv>, { code, message }: Refusal) {
  if (code === 'unauthorized') {
    c.header('WWW-Authenticate', 'Bearer')
  }
  return problem(c, code, message)
}

/** What is missing for a caller to do what any of these scopes allows, or null. */
export function lacking({ keyId, scopes }: Caller, ...wanted: Scope[]) {
  if (wanted.some((scope) => scopes.includes(scope))) {
    return null
  }
  return keyId === null
    ? refuse('unauthorized', `A key is needed: ${HOW}`)
    : refuse(
        'forbidden',
        `This takes a key with the scope ${wanted.join(' or ')}; this one has ${scopes.join(', ')}`,
      )
}

function classOf(method: string, scope: Scope): LimitClass {
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
    const within = await withinLimit(c, classOf(c.req.method, scopes[0]), caller)
    if (!within.ok) {
      return problem(c, within.code, within.message)
    }
    if (found?.ok === false) {
      return refuseCall(c, found)
    }
    if (!found && !c.env.API_KEY) {
      return refuseCall(c, notConfigured)
    }
    const lack = lacking(caller, ...scopes)
    if (lack) {
      return refuseCall(c, lack)
    }
    c.set('caller', caller)
    return next()
  })
}

/** For routes that visitors may be let into: finds out who is calling, and leaves it at that. */
const knowCaller = createMiddleware<ApiEnv>(async (c, next) => {
  const found = await identify(c)
  const caller = found?.ok ? found.caller : VISITOR
  const within = await withinLimit(c, 'READS', caller)
  if (!within.ok) {
    return problem(c, within.code, within.message)
  }
  if (found?.ok === false) {
    return refuseCall(c, found)
  }
  c.set('caller', caller)
  return next()
})

/** Declares that a route takes a key with one of these scopes: in its description and in front of it. */
export function withKey(...scopes: [Scope, ...Scope[]]) {
  return {
    security: scopes.map((scope) => ({ apiKey: [scope] })),
    middleware: requireScope(...scopes),
  }
}

/** Declares that a route is open to visitors, and to keys with `scope` where visitors are kept out. */
export function openOrKey(scope: Scope) {
  return {
    security: [{}, { apiKey: [scope] }],
    middleware: knowCaller,
  }
}
