/** Ends a split job because of one of its chunks: it fails, or returns to its queue. */
import { restartSplitJob } from '../../db/chunks.ts'
import { type Failure, failJob } from '../../db/jobTransitions.ts'
import { findClaimedRow } from '../../db/jobs.ts'
import type { JobRow } from '../../db/rows.ts'
import type { StoredChunk } from '../../contract/chunk.ts'
import { announceEnd } from '../jobs/announceEnd.ts'
import type { Platform } from '../ports.ts'

const MAX_REASON_CHARACTERS = 400

/** Fails a job one of whose chunks has failed for good. Its finished chunks are kept for a retry. */
export async function failJobOfChunk(
  platform: Platform,
  { parentId, chunk }: JobRow,
  { errorCode, message }: Pick<Failure, 'errorCode' | 'message'>,
): Promise<void> {
  const parent = await findClaimedRow(platform.db, parentId!)
  if (!parent) {
    return
  }
  const claim = { jobId: parent.id, fence: parent.fence }
  const failure = {
    errorCode,
    message: `${describePart(chunk!)} could not be made: ${message}`,
    retryAt: null,
  }
  const row = await failJob(platform.db, claim, failure, Date.now())
  if (row) {
    announceEnd(platform, row, null)
  }
}

function describePart({ kind, startSeconds, endSeconds, jobSeconds }: StoredChunk): string {
  switch (kind) {
    case 'join':
      return 'The file of all chunks'
    case 'audio':
      return 'The audio'
    case 'video': {
      const [from, to] = [startSeconds, endSeconds ?? jobSeconds].map((time) => time.toFixed(1))
      return `The part from second ${from} to ${to} of the variant`
    }
  }
}

/**
 * Returns a split job to its queue, so that it is planned again. This counts as no attempt.
 *
 * @param isUnsplit true if the job is not to be split again
 */
export async function restartJob(
  platform: Platform,
  jobId: string,
  reason: string,
  isUnsplit: boolean,
): Promise<void> {
  const error = reason.slice(0, MAX_REASON_CHARACTERS)
  const row = await restartSplitJob(platform.db, jobId, {
    error,
    unsplitReason: isUnsplit ? error : null,
  })
  if (row) {
    announceEnd(platform, row, null)
    platform.defer(platform.sendTickets(row.queue, 1))
  }
}
