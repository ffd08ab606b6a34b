/** How often a caller may come, by class of route. The limits themselves are in `wrangler.toml`. */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { type Caller, VISITOR } from '../domain/access.ts'
import { refuse } from '../domain/refusal.ts'
import type { ApiEnv } from './api.ts'
import { problem } from './problem.ts'

/** Each class is a binding, and how long its period is in seconds: by then there is room again. */
const PERIODS = { READS: 10, WRITES: 10, UPLOADS: 10, NEW_VARIANTS: 60, RUNNERS: 10 } as const
export type LimitClass = keyof typeof PERIODS

/** Who is counted: the key, or for visitors the client's address. */
export function clientOf(c: Context<ApiEnv>, { keyId }: Caller) {
  return keyId ?? `client:${c.req.header('CF-Connecting-IP') ?? 'unknown'}`
}

/** Refuses a request that is one too many, and says when to come again. */
export function withinLimit(c: Context<ApiEnv>, limit: LimitClass, caller: Caller) {
  return countedAs(c, limit, clientOf(c, caller))
}

/** The same, for whoever `key` names. */
export async function countedAs(c: Context<ApiEnv>, limit: LimitClass, key: string) {
  const { success } = await c.env[limit].limit({ key })
  if (success) {
    return { ok: true as const }
  }
  c.header('Retry-After', String(PERIODS[limit]))
  return refuse(
    'rate_limited',
    `Too many requests of this kind. Come again in ${PERIODS[limit]} s.`,
  )
}

/** For routes that take no key, whoever comes: each client's address is counted. */
export const limitClients = createMiddleware<ApiEnv>(async (c, next) => {
  const within = await withinLimit(c, 'READS', VISITOR)
  return within.ok ? next() : problem(c, within.code, within.message)
})
