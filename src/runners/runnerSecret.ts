/** What a runner has to show for the jobs that it claimed: a secret of its own, beside the token of all. */
import type { Context } from 'hono'
import { RUNNER_SECRET_HEADER, runnerSecret } from '../contract/runnerProtocol.ts'
import type { Claim } from '../db/leases.ts'
import { sha256Hex } from '../domain/digest.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'

function shownBy(c: Context) {
  return c.req.header(RUNNER_SECRET_HEADER)
}

/** As a job's row has it; null for a runner that shows none. */
export async function runnerSecretHashOf(c: Context): Promise<string | null> {
  const shown = shownBy(c)
  return shown === undefined ? null : sha256Hex(shown)
}

/** The claim that a runner speaks under. */
export async function claimFrom(c: Context, jobId: string, fence: number): Promise<Claim> {
  return {
    jobId,
    fence,
    runnerSecretHash: await runnerSecretHashOf(c),
  }
}

/** Why nothing can be claimed with what is shown, or null. */
export function runnerSecretError(c: Context): ErrorResult<'invalid_request'> | null {
  if (runnerSecret.safeParse(shownBy(c)).success) {
    return null
  }
  return errorResult(
    'invalid_request',
    `${RUNNER_SECRET_HEADER}: a runner makes up 128 random bits when it starts and sends them, as base64url, with every call`,
  )
}
