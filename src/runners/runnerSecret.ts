/** The secret of a runner. Claims are bound to it, so that no other runner can act on them. */
import type { Context } from 'hono'
import { RUNNER_SECRET_HEADER, runnerSecret } from '../contract/runnerProtocol.ts'
import type { Claim } from '../db/leases.ts'
import { sha256Hex } from '../domain/digest.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'

function readSecret(c: Context) {
  return c.req.header(RUNNER_SECRET_HEADER)
}

/** Returns the SHA-256 of the request's runner secret; null if there is none. */
export async function hashRunnerSecret(c: Context): Promise<string | null> {
  const secret = readSecret(c)
  return secret === undefined ? null : sha256Hex(secret)
}

/** Builds the claim that a request refers to. */
export async function readClaim(c: Context, jobId: string, fence: number): Promise<Claim> {
  return {
    jobId,
    fence,
    runnerSecretHash: await hashRunnerSecret(c),
  }
}

/** Returns an error if the request has no valid runner secret; else null. */
export function checkRunnerSecret(c: Context): ErrorResult<'invalid_request'> | null {
  if (runnerSecret.safeParse(readSecret(c)).success) {
    return null
  }
  return errorResult(
    'invalid_request',
    `${RUNNER_SECRET_HEADER} is missing or not valid. A runner generates 128 random bits when it starts and sends them as base64url with every request.`,
  )
}
