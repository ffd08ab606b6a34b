/** How often a caller may come, by class of route. The limits themselves are in `wrangler.toml`. */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { type Caller, VISITOR } from '../../domain/caller.ts'
import { errorResult } from '../../domain/result.ts'
import type { ApiEnv } from '../router.ts'
import { errorResponse } from '../responses/errorResponse.ts'

/** Each class is a binding, and how long its period is in seconds: by then there is room again. */
const PERIODS = { READS: 10, WRITES: 10, UPLOADS: 10, NEW_VARIANTS: 60, RUNNERS: 10 } as const
export type RateLimitClass = keyof typeof PERIODS

/** Who is counted: the key, or for visitors the client's address. */
export function rateLimitKeyOf(c: Context<ApiEnv>, { keyId }: Caller) {
  return keyId ?? `client:${c.req.header('CF-Connecting-IP') ?? 'unknown'}`
}

/** Refuses a request that is one too many, and says when to come again. */
export function checkRateLimit(c: Context<ApiEnv>, limit: RateLimitClass, caller: Caller) {
  return checkRateLimitFor(c, limit, rateLimitKeyOf(c, caller))
}

/** The same, for whoever `key` names. */
export async function checkRateLimitFor(c: Context<ApiEnv>, limit: RateLimitClass, key: string) {
  const { success } = await c.env[limit].limit({ key })
  if (success) {
    return { ok: true as const }
  }
  c.header('Retry-After', String(PERIODS[limit]))
  return errorResult(
    'rate_limited',
    `Too many requests of this kind. Come again in ${PERIODS[limit]} s.`,
  )
}

/** For routes that take no key, whoever comes: each client's address is counted. */
export const rateLimitVisitors = createMiddleware<ApiEnv>(async (c, next) => {
  const within = await checkRateLimit(c, 'READS', VISITOR)
  return within.ok ? next() : errorResponse(c, within)
})
