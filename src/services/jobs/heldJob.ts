/** Whether a runner still holds what it speaks of. */
import { type Claim, isHeldBy } from '../../db/leases.ts'
import { findJob } from '../../db/jobs.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import type { JobRow } from '../../db/rows.ts'

export type LeaseLostError = ErrorResult<'lease_lost'>
export function leaseLostError(): LeaseLostError {
  return errorResult(
    'lease_lost',
    'This lease has ended: the job is finished, cancelled or with another runner.',
  )
}

/** The job of a live claim, or a refusal. */
export async function findHeldJob(
  platform: Platform,
  claim: Claim,
): Promise<{ ok: true; row: JobRow } | (LeaseLostError & { ended: boolean })> {
  const row = await findJob(platform.db, claim.jobId)
  if (row && isHeldBy(row, claim) && row.status === 'running') {
    return { ok: true, row }
  }
  // What it made may be what the job was completed with, also of a job that is not there any more.
  const kept = row?.fence === claim.fence && row.status === 'completed'
  return { ...leaseLostError(), ended: row !== undefined && !kept }
}

/** Whether it was this runner that claimed the job last. */
export async function isClaimedBy(
  { db }: Platform,
  jobId: string,
  runner: string,
): Promise<{ ok: true } | LeaseLostError> {
  return (await findJob(db, jobId))?.runnerId === runner ? { ok: true } : leaseLostError()
}
