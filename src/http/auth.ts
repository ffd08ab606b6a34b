/** Who may call: a bearer key compared in constant time. */
import { createMiddleware } from 'hono/factory'
import type { Env } from '../env.ts'
import { type AppEnv, problem } from './problem.ts'

const encoder = new TextEncoder()

/** Compares digests, so that neither the length nor the first difference shows in the time. */
async function equal(a: string, b: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest('SHA-256', encoder.encode(text))
  const [left, right] = await Promise.all([digest(a), digest(b)])
  return crypto.subtle.timingSafeEqual(left, right)
}

/** Lets a request through that shows the secret named `secret` as `Authorization: Bearer …`. */
export const requireBearer = (secret: 'API_KEY' | 'RUNNER_TOKEN') =>
  createMiddleware<AppEnv & { Bindings: Env }>(async (c, next) => {
    const expected = c.env[secret]
    if (!expected)
      return problem(
        c,
        'not_configured',
        `This service has no ${secret}. Set it with: npx wrangler secret put ${secret}`,
      )
    const [, shown] = /^Bearer +(\S+) *$/i.exec(c.req.header('Authorization') ?? '') ?? []
    if (shown === undefined || !(await equal(shown, expected))) {
      c.header('WWW-Authenticate', 'Bearer')
      return problem(
        c,
        'unauthorized',
        `${shown === undefined ? 'A key is needed' : 'This key is not known'}: send it as "Authorization: Bearer <key>".`,
      )
    }
    return next()
  })
