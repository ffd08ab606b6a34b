/** Claims: a runner takes a job, and waits if there is none. */
import { PRIORITY } from '../../contract/limits.ts'
import type { Assignment, ClaimRequest } from '../../contract/runnerProtocol.ts'
import { findStuckJob } from '../../db/endSplitJob.ts'
import { countClaimableJobs } from '../../db/claimQuery.ts'
import { claimNextJob, reissueClaim } from '../../db/leases.ts'
import { readCapabilities } from '../../domain/runnerRequirements.ts'
import { restartJob } from '../chunks/endSplitJob.ts'
import { areChanged, buildAssignment, findProbe, omitEtag, readInputs } from './assignment.ts'
import { failAttempt } from './endAttempt.ts'
import { nextRoundTime } from '../maintenance/watchdogInterval.ts'
import type { Platform } from '../ports.ts'
import type { JobRow } from '../../db/rows.ts'
import { rememberQueue } from './recordReport.ts'

/**
 * Maximum number of jobs with a deleted file that one claim fails. It limits the subrequests of one
 * invocation.
 */
const MAX_JOBS_FAILED = 20

/**
 * Claims a job. If there is none, waits for work up to `waitSeconds` and returns null: the runner
 * then claims again. No job is claimed after the wait, because the runner may have died meanwhile.
 */
export async function claimOrWait(
  platform: Platform,
  request: ClaimRequest,
  runnerSecretHash: string | null,
  disconnected: AbortSignal,
): Promise<Assignment | null> {
  const { queues, waitSeconds, runner } = request
  // The wait begins before the claim, so that a job that is created in between is not missed.
  const wait =
    waitSeconds > 0 ? await platform.hubs.waitForWork(queues, readCapabilities(runner)) : null
  disconnected.addEventListener('abort', () => wait?.close())
  try {
    const assignment = await claimJob(platform, request, runnerSecretHash)
    if (assignment === null) {
      await wait?.wait(waitSeconds * 1000)
    }
    return assignment
  } finally {
    wait?.close()
  }
}

/**
 * Claims the next job of the first queue in `request.queues` that has one that the runner can run.
 * Jobs of visitors are claimed only if none of the queues has another job. With `request.again`, a
 * job whose assignment was lost comes first, in any queue. A job whose original or reference file
 * was deleted fails, and the next one is claimed. Returns null if there is no job, or after
 * MAX_JOBS_FAILED jobs have failed.
 */
export async function claimJob(
  platform: Platform,
  request: ClaimRequest,
  runnerSecretHash: string | null,
): Promise<Assignment | null> {
  let jobsFailed = 0
  for (;;) {
    const row = await claimRow(platform, request, runnerSecretHash)
    if (!row) {
      if (await restartStuckJob(platform, request)) {
        continue
      }
      return null
    }
    rememberQueue(row.id, row.queue)
    platform.defer(platform.hubs.notify(row.queue, nextRoundTime(row.leaseSeconds)))
    const [inputs, known] = await Promise.all([
      readInputs(platform, row),
      findProbe(platform, row, request.runner.probeVersion),
    ])
    if (row.parentId !== null && (typeof inputs === 'string' || areChanged(row, inputs))) {
      const reason = 'The job begins anew, because a file that it reads was replaced or deleted.'
      await restartJob(platform, row.parentId, reason)
      continue
    }
    if (typeof inputs !== 'string') {
      const assignment = await buildAssignment(platform, row, inputs)
      const isCurrent = known?.etag === inputs.source.etag
      return known && isCurrent ? { ...assignment, probe: omitEtag(known) } : assignment
    }
    // The attempt has no outputs yet, so there is no garbage to collect.
    const failure = { errorCode: 'input_invalid' as const, message: inputs }
    await failAttempt(platform, row, failure, { collectsGarbage: false })
    jobsFailed++
    if (jobsFailed === MAX_JOBS_FAILED) {
      // The queue may have more jobs. The ticket wakes a runner that claims them.
      platform.defer(platform.sendTickets(row.queue, 1))
      return null
    }
  }
}

/** A split job is restarted if no chunk was created or ended for this long, and none runs. */
const STUCK_MS = 60_000

/** Returns a split job whose chunks this runner cannot make to its queue. Returns true if there is one. */
async function restartStuckJob(platform: Platform, { queues, runner }: ClaimRequest) {
  const { encoders } = readCapabilities(runner)
  if (encoders === undefined) {
    return false
  }
  const jobId = await findStuckJob(platform.db, queues, encoders, Date.now() - STUCK_MS)
  if (jobId === undefined) {
    return false
  }
  const reason =
    'The job begins anew, because no runner with the version of ffmpeg of its chunks has claimed one.'
  await restartJob(platform, jobId, reason)
  return true
}

async function claimRow(
  { db }: Platform,
  {
    runner,
    queues,
    again: isRepeated,
    heldJobs,
    prefersJobs = false,
    anotherChunkOf,
  }: ClaimRequest,
  secretHash: string | null,
): Promise<JobRow | undefined> {
  const identity = { id: runner.id, secretHash }
  const again = isRepeated ? await reissueClaim(db, identity, Date.now(), heldJobs) : undefined
  if (again) {
    return again
  }
  const capabilities = readCapabilities(runner)
  // The first pass over the queues leaves out the jobs of visitors.
  const maxPriorities = queues.length === 1 ? [null] : [PRIORITY.max, null]
  const takesChunks = runner.chunkVersion !== undefined
  for (const maxPriority of maxPriorities) {
    const options = { maxPriority, takesChunks, prefersJobs, anotherChunkOf }
    for (const queue of queues) {
      const row = await claimNextJob(db, queue, identity, Date.now(), capabilities, options)
      if (row) {
        return row
      }
      // A job of a preferred queue precedes another chunk too.
      if (anotherChunkOf && (await countClaimableJobs(db, queue, capabilities, 1)) > 0) {
        return undefined
      }
    }
  }
  return undefined
}
