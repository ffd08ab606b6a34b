/** Plans one chunk of a job that was split, and measures its file. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChunkFacts } from '../../src/contract/chunk.ts'
import type { RenditionOf } from '../../src/contract/rendition.ts'
import type { ChunkAssignment, CompletedChunk } from '../../src/contract/runnerProtocol.ts'
import { resolveFfmpegTools } from '../capabilities.ts'
import { CannotJoin, JobFailure } from '../failures.ts'
import { chunkFileName } from '../ffmpeg/chunks/chunkFile.ts'
import { measureChunk } from '../ffmpeg/chunks/measureChunk.ts'
import { planChunk } from '../ffmpeg/chunks/planChunk.ts'
import { planJoin } from '../ffmpeg/chunks/planJoin.ts'
import { planStreamChunk, planStreamJoin } from '../ffmpeg/chunks/planStreamChunk.ts'
import type { PlanContext, RenderPlan } from '../ffmpeg/renderPlan.ts'
import { downloadChunks } from '../gateway/downloadChunks.ts'
import { hashFile } from '../gateway/hashFile.ts'
import { mayComeFromTimes, type PlannedVariant } from './planAttempt.ts'
import { downloadReusedTracks } from './reusedTracks.ts'
import { plansSameChunks } from './splitVariant.ts'
import type { RunningAttempt } from './types.ts'

/**
 * Plans the chunk of the assignment.
 *
 * @throws CannotJoin if this runner would make other chunks than the one that split the job
 */
export async function planAssignedChunk(
  attempt: RunningAttempt,
  chunk: ChunkAssignment,
  { context, plan: whole }: PlannedVariant,
): Promise<RenderPlan> {
  const { rendition } = attempt.assignment
  if (!(await plansSameChunks(attempt, context, chunk))) {
    throw new CannotJoin(
      'internal',
      'The runner of a chunk has planned other chunks than the runner that split the job.',
    )
  }
  if (rendition.kind === 'stream') {
    return chunk.kind === 'join'
      ? planStreamJoin(rendition, context)
      : planStreamChunk(
          rendition,
          context,
          chunk,
          await downloadReusedTracks(attempt, chunk, whole.stream!),
        )
  }
  return chunk.kind === 'join'
    ? planJoinOfFiles(attempt, chunk, context)
    : planChunk(readVideo(attempt), context, chunk)
}

/** Downloads the completed chunks that this runner has not made lately, and plans their join. */
async function planJoinOfFiles(
  { assignment, client, scratch, signal, recentChunks }: RunningAttempt,
  { jobId, planKey, completedChunks }: ChunkAssignment,
  context: PlanContext,
): Promise<RenderPlan> {
  const rendition = readVideo({ assignment })
  const nameFile = ({ index, ...range }: CompletedChunk) =>
    join(scratch, chunkFileName(rendition, range, index))
  const missing: CompletedChunk[] = []
  for (const chunk of completedChunks) {
    const { index, facts } = chunk
    const recent = recentChunks?.find(assignment, { jobId, planKey, index }, facts) ?? null
    if (recent === null) {
      missing.push(chunk)
    } else {
      await writeFile(nameFile(chunk), recent)
    }
  }
  await downloadChunks({ client, lease: assignment, signal }, missing, nameFile)
  const files = completedChunks.map((chunk) => {
    const { facts, index: _, ...range } = chunk
    return { range, facts, file: nameFile(chunk) }
  })
  return planJoin(rendition, context, files)
}

function readVideo({
  assignment: { rendition },
}: Pick<RunningAttempt, 'assignment'>): RenditionOf<'video'> {
  if (rendition.kind !== 'video') {
    throw new JobFailure('unsupported', `A variant of the kind ${rendition.kind} has no chunks.`)
  }
  return rendition
}

/** Measures and verifies the file of a chunk of video or audio. Keeps it for the join. */
export async function measureAssignedChunk(
  { assignment, settings, scratch: cwd, signal, recentChunks }: RunningAttempt,
  chunk: ChunkAssignment,
  { output: file }: RenderPlan,
): Promise<ChunkFacts> {
  const measured = await measureChunk({
    ...resolveFfmpegTools(settings),
    cwd,
    signal,
    file,
    range: chunk,
  })
  // The join receives the facts with the digest, so the file is kept with both.
  const facts = { ...measured, sha256: await hashFile(file, signal) }
  if (recentChunks?.hasRoomFor(facts.sizeBytes)) {
    recentChunks.keep(assignment, chunk, { facts, file: await readFile(file) })
  }
  return facts
}

/**
 * Converts a failure of a chunk after which the job has to be encoded as a whole: the chunks do not
 * fit together, or the times in the source may be wrong, which only an attempt of the whole examines.
 */
export function toChunkFailure(error: unknown, planned: PlannedVariant, chunk: ChunkAssignment) {
  const doesNotFit =
    chunk.kind === 'join' && error instanceof JobFailure && error.code === 'output_invalid'
  if (doesNotFit || mayComeFromTimes(error, planned)) {
    const message = error instanceof Error ? error.message : String(error)
    return new CannotJoin('output_invalid', message, { cause: error })
  }
  return error
}
