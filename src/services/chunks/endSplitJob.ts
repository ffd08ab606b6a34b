/** Ends a split job because of one of its chunks: it fails, or returns to its queue. */
import { endSplitJob, failChunk, type SplitJobEnd } from '../../db/endSplitJob.ts'
import { type Failure, failJob } from '../../db/jobTransitions.ts'
import { remakeChunks } from '../../db/lostChunks.ts'
import type { JobRow } from '../../db/rows.ts'
import type { StoredChunk } from '../../contract/chunk.ts'
import { announceEnd } from '../jobs/announceEnd.ts'
import type { Platform } from '../ports.ts'

const MAX_REASON_CHARACTERS = 400

/**
 * Ends the failed attempt of a chunk. If `join` has found that files of completed chunks are lost, it
 * waits until they are made again. Returns undefined if the claim no longer holds the chunk.
 *
 * @param failure its `retryAt` is null if the chunk is not retried: the job then ends too
 */
export async function failChunkAttempt(
  platform: Platform,
  row: JobRow,
  failure: Failure,
  now: number,
): Promise<JobRow | undefined> {
  if (failure.retryAt === null) {
    return failChunkForGood(platform, row, failure, now)
  }
  const { db } = platform
  const claim = { jobId: row.id, fence: row.fence }
  const indexes = failure.details?.lostChunks ?? []
  if (row.chunk!.kind !== 'join' || indexes.length === 0) {
    return failJob(db, claim, failure, now)
  }
  const join = await remakeChunks(db, row.parentId!, claim, { failure, indexes }, now)
  if (join) {
    platform.defer(platform.sendTickets(row.queue, indexes.length))
  }
  return join
}

/**
 * Fails a chunk that is not retried, and ends its job: it fails, or is encoded as a whole if its chunks
 * cannot be joined. Completed chunks are kept for a retry. Returns undefined if the claim no
 * longer holds the chunk.
 */
async function failChunkForGood(
  platform: Platform,
  row: JobRow,
  failure: Failure,
  now: number,
): Promise<JobRow | undefined> {
  const { errorCode, message, details } = failure
  const end: SplitJobEnd =
    details?.cannotJoin === true
      ? buildRestart(message, true)
      : {
          event: 'fail',
          errorCode,
          error: `${describeChunk(row.chunk!)} could not be made: ${message}`,
        }
  const claim = { jobId: row.id, fence: row.fence }
  const { chunk, job } = await failChunk(platform.db, row.parentId!, claim, { failure, end }, now)
  announceJob(platform, job)
  return chunk
}

function describeChunk({ kind, startSeconds, endSeconds, jobSeconds }: StoredChunk): string {
  switch (kind) {
    case 'join':
      return 'The join of the chunks'
    case 'audio':
      return 'The audio'
    case 'video': {
      const [from, to] = [startSeconds, endSeconds ?? jobSeconds].map((time) => time.toFixed(1))
      return `The part from second ${from} to ${to} of the variant`
    }
  }
}

/** Returns a split job to its queue, so that it is planned again. This counts as no attempt. */
export async function restartJob(platform: Platform, jobId: string, reason: string): Promise<void> {
  const end = buildRestart(reason, false)
  announceJob(platform, await endSplitJob(platform.db, jobId, end, Date.now()))
}

/** @param isUnsplit true if the job is not to be split again */
function buildRestart(reason: string, isUnsplit: boolean): SplitJobEnd {
  const error = reason.slice(0, MAX_REASON_CHARACTERS)
  return { event: 'release', error, unsplitReason: isUnsplit ? error : null }
}

/** @param row the job after it has ended or returned to its queue */
function announceJob(platform: Platform, row: JobRow | undefined): void {
  if (row) {
    announceEnd(platform, row, null)
    if (row.status === 'pending') {
      platform.defer(platform.sendTickets(row.queue, 1))
    }
  }
}
