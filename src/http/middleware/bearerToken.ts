/** Bearer tokens: how one is shown, and how two are compared. */
import { errorResult } from '../../domain/result.ts'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { VISITOR } from '../../domain/caller.ts'
import type { ApiEnv } from '../router.ts'
import { checkRateLimit } from './rateLimit.ts'
import { errorResponse } from '../responses/errorResponse.ts'

const encoder = new TextEncoder()

/** Compares digests, so that neither the length nor the first difference shows in the time. */
export async function equal(a: string, b: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest('SHA-256', encoder.encode(text))
  const [left, right] = await Promise.all([digest(a), digest(b)])
  return crypto.subtle.timingSafeEqual(left, right)
}

/** What is shown as `Authorization: Bearer …`. */
export function bearerTokenOf(c: Context): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(c.req.header('Authorization') ?? '')?.[1]
}

/** Lets a runner through that shows the one token of all runners. */
export const requireRunner = createMiddleware<ApiEnv>(async (c, next) => {
  const expected = c.env.RUNNER_TOKEN
  if (!expected) {
    return errorResponse(
      c,
      errorResult(
        'not_configured',
        'This service has no RUNNER_TOKEN. Set it with: npx wrangler secret put RUNNER_TOKEN',
      ),
    )
  }
  const shown = bearerTokenOf(c)
  if (shown === undefined || !(await equal(shown, expected))) {
    // Runners are told apart where they speak; this one is a stranger, whoever shares its address.
    const within = await checkRateLimit(c, 'READS', VISITOR)
    if (!within.ok) {
      return errorResponse(c, within)
    }
    c.header('WWW-Authenticate', 'Bearer')
    return errorResponse(
      c,
      errorResult(
        'unauthorized',
        `${shown === undefined ? 'A token is needed' : 'This token is not known'}: send it as "Authorization: Bearer <token>".`,
      ),
    )
  }
  return next()
})
