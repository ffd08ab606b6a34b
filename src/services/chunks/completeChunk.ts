/**
 * Completes chunks: the file of a chunk of video or audio is kept until the chunks are joined, and the
 * output of `join` becomes the variant.
 */
import type { Finish } from '../../contract/runnerProtocol.ts'
import { listChunkRows } from '../../db/chunks.ts'
import { type ChunkCompletion, completeChunk } from '../../db/completeChunk.ts'
import { completeJob } from '../../db/completeJob.ts'
import type { Claim } from '../../db/leases.ts'
import { findClaimedRow } from '../../db/jobs.ts'
import type { JobRow } from '../../db/rows.ts'
import { notifyOfEnd } from '../jobs/announceEnd.ts'
import type { Platform } from '../ports.ts'

type CompletedFinish = Extract<Finish, { outcome: 'completed' | 'packaged' }>

/**
 * Completes a chunk of video or audio. Returns false if the claim no longer holds it.
 *
 * @param row the chunk
 */
export async function completeTrackChunk(
  platform: Platform,
  row: JobRow,
  claim: Claim,
  { outputKey, finish }: { outputKey: string; finish: Extract<Finish, { outcome: 'completed' }> },
): Promise<boolean> {
  const completion = {
    chunk: { ...row.chunk!, facts: finish.chunk ?? null },
    outputKey,
    output: finish.output,
    finish,
  }
  const completed = await completeChunk(platform.db, row, claim, completion, Date.now())
  if (!completed) {
    return false
  }
  // No runner is woken for the chunk that is now claimable: the runner of this one claims again.
  notifyOfEnd(platform, completed, null)
  return true
}

/**
 * Completes a job with the output of its chunk `join`. Returns the job; undefined if the claim no longer
 * holds the chunk, or the job does not run.
 *
 * @param row the chunk
 */
export async function completeJoinedJob(
  platform: Platform,
  row: JobRow,
  claim: Claim,
  { outputKey, output, finish }: Omit<ChunkCompletion, 'chunk'>,
): Promise<JobRow | undefined> {
  const parent = await findClaimedRow(platform.db, row.parentId!)
  if (!parent) {
    return undefined
  }
  const chunks = await listChunkRows(platform.db, parent.id)
  const total = {
    ...finish,
    timings: addTimings([parent, ...chunks.filter(({ status }) => status === 'completed')], finish),
    input: undefined,
    // The plan of the job says what was made. Notes can come from the verification of the output.
    plan: parent.plan ? { ...parent.plan, notes: mergeNotes(parent, finish) } : finish.plan,
  }
  const completion = { chunk: row.chunk!, outputKey, output, finish }
  const job = await completeJob(
    platform.db,
    { jobId: parent.id, fence: parent.fence },
    {
      outputKey,
      output,
      finish: total,
      isExported: parent.destination !== null,
      join: { claim, completion },
    },
    Date.now(),
  )
  if (job) {
    notifyOfEnd(platform, row, null)
  }
  return job
}

/** Adds up the milliseconds of each stage over all runners. */
function addTimings(rows: JobRow[], { timings }: CompletedFinish): CompletedFinish['timings'] {
  const total: CompletedFinish['timings'] = {}
  for (const each of [...rows.map((row) => row.timings ?? {}), timings]) {
    for (const [stage, ms] of Object.entries(each) as [keyof typeof total, number][]) {
      total[stage] = (total[stage] ?? 0) + ms
    }
  }
  return total
}

const MAX_NOTES = 20

function mergeNotes({ plan }: JobRow, finish: CompletedFinish): string[] {
  return [...new Set([...(plan?.notes ?? []), ...(finish.plan?.notes ?? [])])].slice(0, MAX_NOTES)
}
