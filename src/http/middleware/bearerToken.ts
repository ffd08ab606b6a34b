/** Reads and compares bearer tokens, and authenticates runners. */
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { VISITOR } from '../../domain/caller.ts'
import { sha256 } from '../../domain/digest.ts'
import { errorResult } from '../../domain/result.ts'
import { errorResponse } from '../responses/errorResponse.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { checkCallerRateLimit } from './rateLimit.ts'

/** Digests of secrets of this service. There are two, and more only in tests. */
const secretDigests = new Map<string, ArrayBuffer>()
const MAX_DIGESTS = 20

async function digestSecret(secret: string): Promise<ArrayBuffer> {
  const digest = secretDigests.get(secret) ?? (await sha256(secret))
  if (secretDigests.size >= MAX_DIGESTS) {
    secretDigests.clear()
  }
  secretDigests.set(secret, digest)
  return digest
}

/**
 * Compares the digest of a token with that of a secret of this service in constant time. Digests,
 * because `timingSafeEqual` needs inputs of the same length.
 */
export async function isDigestOf(digest: ArrayBuffer, secret: string): Promise<boolean> {
  return crypto.subtle.timingSafeEqual(digest, await digestSecret(secret))
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
  if (token !== undefined && (await isDigestOf(await sha256(token), expected))) {
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
