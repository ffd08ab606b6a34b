/** Claiming a job, and reporting on it while the lease holds. */
import type { Assignment, ClaimRequest, Report } from '../contract/runner.ts'
import {
  type Claim,
  claimNextJob,
  type Holder,
  noteSource,
  reportProgress,
  takeAgain,
} from '../db/leases.ts'
import { type Fit, fitOf } from '../domain/fit.ts'
import { renditionOf } from '../domain/transformation.ts'
import { failAttempt } from './finish.ts'
import { leaseLost, type Lost } from './lease.ts'
import type { Platform } from './platform.ts'
import type { JobRow } from '../db/rows.ts'

/** Jobs without a file that one claim ends, as an invocation may make so many calls only. */
const MAX_GONE = 20

/** The next job of the first of `queues` that has one, or null. */
export async function claim(
  platform: Platform,
  request: ClaimRequest,
  runnerHash: string | null,
): Promise<Assignment | null> {
  let gone = 0
  const fit = fitOf(request.runner)
  const holder = { id: request.runner.id, hash: runnerHash }
  for (const queue of request.queues) {
    for (;;) {
      const row = await nextRow(platform, queue, { ...request, holder, fit })
      if (!row) break
      platform.defer(platform.hubs.poke(queue, row.leaseExpiresAt))
      const source = await platform.originals.head(row.filePath)
      if (source) return assignmentOf(platform, row, source)
      await failAttempt(platform, row, {
        errorCode: 'input_invalid',
        message: `The file ${row.filePath} is no longer in storage.`,
      })
      if (++gone < MAX_GONE) continue
      // There may be more behind these: the runner is woken to ask again.
      platform.defer(platform.sendTickets(queue, 1))
      return null
    }
  }
  return null
}

async function nextRow(
  { db }: Platform,
  queue: string,
  { holder, again, fit }: Pick<ClaimRequest, 'again'> & { holder: Holder; fit: Fit },
) {
  const given = again ? await takeAgain(db, queue, holder, Date.now()) : undefined
  return given ?? claimNextJob(db, queue, holder, Date.now(), fit)
}

async function assignmentOf({ db }: Platform, row: JobRow, source: R2Object): Promise<Assignment> {
  const claim = { jobId: row.id, fence: row.fence }
  if (source.etag !== row.sourceEtag)
    await noteSource(db, claim, { etag: source.etag, sizeBytes: source.size })
  return {
    jobId: row.id,
    queue: row.queue,
    fence: row.fence,
    attempt: row.attempt,
    filePath: row.filePath,
    rendition: renditionOf(row.variant),
    source: { sizeBytes: source.size, etag: source.etag },
    leaseSeconds: row.leaseSeconds,
    stallSeconds: row.stallSeconds,
    timeoutSeconds: row.timeoutSeconds,
  }
}

/** Takes in progress and extends the lease; gives back the job as it now is. */
export async function report(
  platform: Platform,
  claim: Claim,
  progress: Omit<Report, 'fence'>,
): Promise<{ ok: true; row: JobRow } | Lost> {
  const row = await reportProgress(platform.db, claim, progress, Date.now())
  if (!row) return leaseLost()
  const { queue, filePath, stage, etaSeconds } = row
  platform.defer(
    platform.hubs.progress(queue, filePath, {
      jobId: row.id,
      progress: row.progress,
      stage: stage!,
      etaSeconds,
    }),
  )
  return { ok: true, row }
}
