/** Ends attempts that did not complete their job: fails or releases them. */
import type { Finish } from '../../contract/runnerProtocol.ts'
import { failJob, releaseJob } from '../../db/jobTransitions.ts'
import { type Claim, isHeldBy } from '../../db/leases.ts'
import { findClaimedRow } from '../../db/jobs.ts'
import type { JobRow } from '../../db/rows.ts'
import { isRetried, MAX_INTERRUPTIONS, retryDelayMs } from '../../domain/retryPolicy.ts'
import { failChunkAttempt } from '../chunks/endSplitJob.ts'
import type { Platform } from '../ports.ts'
import { announceEnd, notifyOfEnd } from './announceEnd.ts'
import { findHeldJob, leaseLostError, type LeaseLostError } from './claimChecks.ts'

/** The status of the job after its attempt has ended. */
export interface AttemptEnd {
  ok: true
  /** `running` for a job that was split, or whose variant is exported. */
  status: 'completed' | 'error' | 'pending' | 'running'
}
export type AttemptOutcome = AttemptEnd | LeaseLostError

type FailedFinish = Extract<Finish, { outcome: 'failed' }>

interface FailOptions {
  details?: FailedFinish
  /** Fails the attempt only if its lease has expired by then (ms since the epoch). */
  leaseExpiredBy?: number
  /**
   * False if the caller runs the garbage collector once after several attempts, or if there is no
   * garbage. Default: true.
   */
  collectsGarbage?: boolean
}

/** Fails the running attempt of a job. The retry policy decides whether the job gets another one. */
export async function failAttempt(
  platform: Platform,
  job: JobRow,
  { errorCode, message }: Pick<FailedFinish, 'errorCode' | 'message'>,
  { collectsGarbage = true, ...options }: FailOptions = {},
): Promise<AttemptOutcome> {
  const now = Date.now()
  // Chunks that do not fit together would not fit in another attempt either.
  const isFinal = options.details?.cannotJoin === true
  const retryAt =
    !isFinal && isRetried(errorCode, job.attempt, job.maxAttempts)
      ? now + retryDelayMs(job.attempt, Math.random())
      : null
  const claim = { jobId: job.id, fence: job.fence }
  const failure = { errorCode, message, retryAt, ...options }
  const row =
    job.parentId !== null
      ? await failChunkAttempt(platform, job, failure, now)
      : await failJob(platform.db, claim, failure, now)
  if (!row) {
    return findRepeatedEnd(platform, claim, ['error', 'pending'])
  }
  const announce = collectsGarbage ? announceEnd : notifyOfEnd
  announce(platform, row, retryAt)
  return { ok: true, status: retryAt === null ? 'error' : 'pending' }
}

/**
 * Returns an interrupted job to its queue. The attempt does not count, unless the job has been
 * interrupted too often: then it fails as `runner_lost`.
 *
 * @param reason the runner's description of the interruption
 */
export async function releaseAttempt(
  platform: Platform,
  claim: Claim,
  reason: string,
): Promise<AttemptOutcome> {
  const row = await releaseJob(platform.db, claim)
  if (row) {
    platform.defer(platform.sendTickets(row.queue, 1))
    announceEnd(platform, row, null)
    return { ok: true, status: 'pending' }
  }
  const held = await findHeldJob(platform, claim)
  if (!held.ok) {
    return findRepeatedEnd(platform, claim, ['pending', 'error'])
  }
  const message = `The attempt was interrupted: ${reason}. The job had been interrupted ${MAX_INTERRUPTIONS} times before, so this interruption counts as a failed attempt.`
  return failAttempt(platform, held.row, { errorCode: 'runner_lost', message })
}

/**
 * Handles a request that a runner may have repeated because the response was lost. Returns the
 * status of the job if it is one of `statuses` and the job was not claimed again, else the error
 * `lease_lost`.
 */
export async function findRepeatedEnd(
  { db }: Platform,
  claim: Claim,
  statuses: AttemptEnd['status'][],
): Promise<AttemptOutcome> {
  const row = await findClaimedRow(db, claim.jobId)
  if (row && statuses.includes('completed') && isExportOf(row, claim)) {
    return { ok: true, status: 'running' }
  }
  const status = statuses.find((candidate) => candidate === row?.status)
  return row && isHeldBy(row, claim) && status ? { ok: true, status } : leaseLostError()
}

/** True if the output of the claim is exported, or was. The beginning of an export increases the fence. */
function isExportOf(row: JobRow, claim: Claim): boolean {
  const isEnded = row.status === 'completed' && row.destination !== null
  return (row.stage === 'export' || isEnded) && isHeldBy({ ...row, fence: row.fence - 1 }, claim)
}
