/** Completes chunks of a split job. */
import { and, sql } from 'drizzle-orm'
import type { StoredChunk } from '../contract/chunk.ts'
import type { MediaFacts } from '../contract/mediaFacts.ts'
import type { Finish } from '../contract/runnerProtocol.ts'
import { addProgress, releaseNextChunk } from './releaseChunks.ts'
import { completedColumns } from './completedColumns.ts'
import { type Database, first, statement } from './database.ts'
import { isAllowed } from './jobTransitions.ts'
import { type Claim, isHeldByClaim } from './leases.ts'
import { isOutputOf } from './outputs.ts'
import type { JobRow } from './rows.ts'
import { jobs } from './schema/index.ts'

export interface ChunkCompletion {
  chunk: StoredChunk
  outputKey: string
  output: MediaFacts
  finish: Extract<Finish, { outcome: 'completed' | 'packaged' }>
}

/** Returns the statement that ends a chunk as completed. */
export function completeChunkStatement(
  db: Database,
  claim: Claim,
  { chunk, outputKey, output, finish }: ChunkCompletion,
  now: number,
) {
  return db
    .update(jobs)
    .set({
      ...completedColumns(output, finish, now),
      chunk,
      // The output of `join` is the variant, which the chunk does not own.
      packageKey: chunk.kind === 'join' ? null : outputKey,
    })
    .where(canComplete(claim))
    .returning()
}

function canComplete(claim: Claim) {
  return and(isHeldByClaim(claim), isAllowed('complete'))!
}

/**
 * Completes a chunk, except `join`, and makes the next one of its job claimable.
 *
 * @param row the chunk
 */
export async function completeChunk(
  db: Database,
  row: JobRow,
  claim: Claim,
  completion: ChunkCompletion,
  now: number,
): Promise<JobRow | undefined> {
  const jobId = row.parentId!
  const retireOtherOutputs = sql`
    UPDATE outputs SET retired = 1
    WHERE ${isOutputOf(claim)} AND key <> ${completion.outputKey}
      AND EXISTS (SELECT 1 FROM jobs WHERE id = ${claim.jobId} AND fence = ${claim.fence})`
  const results = await db.batch([
    // Before the completion, so that a repeated request releases no chunk.
    statement(db, releaseNextChunk(jobId, row, canComplete(claim))),
    completeChunkStatement(db, claim, completion, now),
    statement(db, retireOtherOutputs),
    statement(db, addProgress(jobId)),
  ])
  return first(results[1])
}
