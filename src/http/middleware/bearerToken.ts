/** Reads and compares bearer tokens, and authenticates runners. */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { VISITOR } from '../../domain/caller.ts'
import { errorResult } from '../../domain/result.ts'
import { errorResponse } from '../responses/errorResponse.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { checkCallerRateLimit } from './rateLimit.ts'

const encoder = new TextEncoder()

/**
 * Compares two secrets in constant time. It compares their digests, because `timingSafeEqual`
 * needs inputs of the same length.
 */
export async function areSecretsEqual(a: string, b: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest('SHA-256', encoder.encode(text))
  const [left, right] = await Promise.all([digest(a), digest(b)])
  return crypto.subtle.timingSafeEqual(left, right)
}

/** Returns the token of the header `Authorization: Bearer …`. */
export function readBearerToken(c: Context): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(c.req.header('Authorization') ?? '')?.[1]
}

/** Requires RUNNER_TOKEN, the one token of all runners that do not use RunnerGateway. */
export const requireRunner = createMiddleware<ApiEnv>(async (c, next) => {
  const expected = c.env.RUNNER_TOKEN
  if (!expected) {
    return errorResponse(
      c,
      errorResult(
        'not_configured',
        'The secret RUNNER_TOKEN is not set. Set it with: npx wrangler secret put RUNNER_TOKEN',
      ),
    )
  }
  const token = readBearerToken(c)
  if (token !== undefined && (await areSecretsEqual(token, expected))) {
    return next()
  }
  // Requests without a valid token count against the rate limit of visitors, not of runners.
  const limited = await checkCallerRateLimit(c, 'READS', VISITOR)
  if (!limited.ok) {
    return errorResponse(c, limited)
  }
  c.header('WWW-Authenticate', 'Bearer')
  return errorResponse(
    c,
    errorResult(
      'unauthorized',
      `${token === undefined ? 'This request needs the runner token.' : 'The runner token is not valid.'} Send it as "Authorization: Bearer <token>".`,
    ),
  )
})
