/** Ends an attempt as its runner reports: completed, failed or released. */
import type { Finish } from '../../contract/runnerProtocol.ts'
import type { Claim } from '../../db/leases.ts'
import { splitIntoChunks } from '../chunks/splitJob.ts'
import type { ErrorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { completeWithFile, completeWithPackage } from './completeAttempt.ts'
import { type AttemptOutcome, failAttempt, findRepeatedEnd, releaseAttempt } from './endAttempt.ts'
import { findHeldJob } from './claimChecks.ts'

/**
 * Ends an attempt. A repeated request changes nothing: it returns the status of the job, or
 * `lease_lost` if the reported outcome does not lead to this status or the job was claimed again.
 */
export async function finishAttempt(
  platform: Platform,
  claim: Claim,
  finish: Finish,
): Promise<AttemptOutcome | ErrorResult<'invalid_request'>> {
  switch (finish.outcome) {
    case 'completed':
      return completeWithFile(platform, claim, finish)
    case 'packaged':
      return completeWithPackage(platform, claim, finish)
    case 'failed': {
      const held = await findHeldJob(platform, claim)
      if (!held.ok) {
        return findRepeatedEnd(platform, claim, ['error', 'pending'])
      }
      return failAttempt(platform, held.row, finish, { details: finish })
    }
    case 'split':
      return splitIntoChunks(platform, claim, finish)
    case 'released':
      return releaseAttempt(platform, claim, finish.reason)
  }
}
