/** Checks that a runner still holds the job that its request names. */
import { type Claim, isHeldBy } from '../../db/leases.ts'
import { findClaimedRow } from '../../db/jobs.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import type { JobRow } from '../../db/rows.ts'

export type LeaseLostError = ErrorResult<'lease_lost'>

export function leaseLostError(): LeaseLostError {
  return errorResult(
    'lease_lost',
    'The runner does not hold this job with this fence, or has no such upload. Stop the attempt.',
  )
}

/**
 * Finds the running job that a claim holds.
 *
 * `isOutputUnused` of the error is true if it is certain that no output of this claim is served. It
 * is false if this claim completed the job, and if the job was deleted, because its variant may
 * still be served.
 */
export async function findHeldJob(
  platform: Platform,
  claim: Claim,
): Promise<{ ok: true; row: JobRow } | (LeaseLostError & { isOutputUnused: boolean })> {
  const row = await findClaimedRow(platform.db, claim.jobId)
  if (row && isHeldBy(row, claim) && row.status === 'running') {
    return { ok: true, row }
  }
  const isCompletedByClaim = row?.fence === claim.fence && row.status === 'completed'
  return { ...leaseLostError(), isOutputUnused: row !== undefined && !isCompletedByClaim }
}
