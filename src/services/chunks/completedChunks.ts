/** Lists the completed chunks of a job, for the runner of another one. */
import type { CompletedChunk } from '../../contract/runnerProtocol.ts'
import { listChunkRows } from '../../db/chunks.ts'
import type { Database } from '../../db/database.ts'
import type { Claim } from '../../db/leases.ts'
import { leaseLostError, type LeaseLostError } from '../jobs/claimChecks.ts'
import { findRecentlyHeldJob } from '../jobs/heldJobs.ts'
import type { Platform } from '../ports.ts'

/**
 * Lists the completed chunks in their order, up to the first one of video that is not completed. So
 * their frames follow one another from the start on.
 */
export async function listCompletedChunks(db: Database, jobId: string): Promise<CompletedChunk[]> {
  const rows = await listChunkRows(db, jobId)
  const chunks = rows.map((row) => row.chunk!).filter(({ kind }) => kind !== 'join')
  const end = chunks.findIndex(({ kind, facts }) => kind === 'video' && facts === null)
  return chunks
    .slice(0, end === -1 ? undefined : end)
    .flatMap(({ index, kind, startSeconds, endSeconds, frames, facts }) =>
      facts ? [{ index, kind, startSeconds, endSeconds, frames, facts }] : [],
    )
}

/** Lists the completed chunks of the job of a chunk that a runner holds. */
export async function listCompletedForClaim(
  platform: Platform,
  claim: Claim,
): Promise<{ ok: true; completedChunks: CompletedChunk[] } | LeaseLostError> {
  const held = await findRecentlyHeldJob(platform, claim)
  if (!held) {
    return leaseLostError()
  }
  const { parentId } = held
  const completedChunks = parentId === null ? [] : await listCompletedChunks(platform.db, parentId)
  return { ok: true, completedChunks }
}
