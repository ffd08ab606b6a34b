/** Rate limits by class of route. The limits themselves are in `wrangler.toml`. */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { type Caller, VISITOR } from '../../domain/caller.ts'
import { findClientNetwork } from '../../domain/clientNetwork.ts'
import { errorResult } from '../../domain/result.ts'
import { errorResponse } from '../responses/errorResponse.ts'
import type { ApiEnv } from '../apiEnv.ts'

/**
 * The periods of the rate limits, which must equal those in `wrangler.toml`. Sent as `Retry-After`.
 */
const PERIOD_SECONDS = {
  READS: 10,
  LARGE_READS: 10,
  WRITES: 10,
  UPLOADS: 10,
  NEW_VARIANTS: 60,
  RUNNERS: 10,
} as const
export type RateLimitClass = keyof typeof PERIOD_SECONDS

/**
 * Returns the client's IPv4 address, or the network of its IPv6 address; "unknown" if the request
 * has no `CF-Connecting-IP`, which Cloudflare sets.
 */
export function readClientNetwork(c: Context<ApiEnv>): string {
  return findClientNetwork(c.req.header('CF-Connecting-IP') ?? 'unknown')
}

/** Counts a request by the API key of its caller or, for a visitor, by the client's network. */
export function checkCallerRateLimit(c: Context<ApiEnv>, limit: RateLimitClass, { keyId }: Caller) {
  return checkRateLimit(c, limit, keyId ?? `client:${readClientNetwork(c)}`)
}

/** Counts a request under `key`. Sets `Retry-After` when there are too many. */
export async function checkRateLimit(c: Context<ApiEnv>, limit: RateLimitClass, key: string) {
  const { success } = await c.env[limit].limit({ key })
  if (success) {
    return { ok: true as const }
  }
  const seconds = PERIOD_SECONDS[limit]
  c.header('Retry-After', String(seconds))
  return errorResult('rate_limited', `Too many requests of this kind. Try again in ${seconds} s.`)
}

/** Limits requests to a route that needs no API key, by the client's network. */
export const rateLimitVisitors = createMiddleware<ApiEnv>(async (c, next) => {
  const limited = await checkCallerRateLimit(c, 'READS', VISITOR)
  return limited.ok ? next() : errorResponse(c, limited)
})

/**
 * Also counts a request as LARGE_READS if it may read thousands of rows. It has been counted as
 * READS before.
 */
export function limitLargeReads(isLarge: (c: Context<ApiEnv>, caller: Caller) => boolean) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const caller = c.get('caller')
    if (!isLarge(c, caller)) {
      return next()
    }
    const limited = await checkCallerRateLimit(c, 'LARGE_READS', caller)
    return limited.ok ? next() : errorResponse(c, limited)
  })
}
