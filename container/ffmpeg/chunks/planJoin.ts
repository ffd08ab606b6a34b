/** Plans the join of completed chunks into the variant. */
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure } from '../../failures.ts'
import { planEdits } from '../edit/planEdits.ts'
import { describeExpectation, requestTracks } from '../plan/planVideo.ts'
import { decideTracks } from '../plan/trackDecisions.ts'
import { readVideoTrack } from '../mp4/videoTrack.ts'
import type { PlanContext, RenderPlan } from '../renderPlan.ts'
import { checkChunks, type CompletedChunk } from './checkChunks.ts'
import { buildChunkList, buildJoinCommand, buildVideoJoin } from './joinCommand.ts'
import { verifyJoin } from './verifyJoin.ts'

const JOIN = { stage: 'encode', cost: 0.01 } as const

export interface ChunkFile extends CompletedChunk {
  /** Absolute path in the scratch folder, with the name of `chunkFileName`. */
  file: string
}

/**
 * Its steps throw JobFailure `output_invalid` when the chunks do not fit together. The variant can
 * then be encoded as a whole.
 *
 * @param chunks all chunks except the join, in the order of the plan
 */
export function planJoin(
  rendition: RenditionOf<'video'>,
  context: PlanContext,
  chunks: readonly ChunkFile[],
): RenderPlan {
  const whole = planEdits(rendition, context, requestTracks(rendition))
  const decisions = decideTracks(rendition, context.source.probe, whole.output)
  const expect = describeExpectation(rendition, whole, decisions)
  const isBurned = rendition.subtitleMode === 'burn'
  const editPlan = planEdits(
    { ...rendition, watermark: null, ...(isBurned && { subtitles: null }) },
    context,
    requestTracks(rendition),
  )
  const video = chunks.filter(({ range }) => range.kind === 'video')
  const audio = chunks.find(({ range }) => range.kind === 'audio')?.file ?? null
  const list = join(context.folder, 'chunks.txt')
  const joined = join(context.folder, 'joined.mp4')
  const isMatroska = ['mkv', 'webm'].includes(rendition.format)
  const { seconds } = whole.output
  const output = join(context.folder, `output.${rendition.format}`)
  const lastPacket = { number: countFrames(video) - 1, seconds: 0 }
  const prepare = async () => {
    const fault = checkChunks(chunks, expect)
    if (fault !== null) {
      throw new JobFailure('output_invalid', fault)
    }
    lastPacket.seconds = await findLastDuration(video.at(-1))
    const names = video.map(({ file }) => basename(file))
    const ranges = video.map(({ range }) => range)
    await writeFile(list, buildChunkList(ranges, names))
  }
  return {
    mode: 'encode',
    reason: 'chunks are joined',
    video: decisions.video,
    audio: decisions.audio,
    notes: [],
    steps: [
      { stage: 'analyse', cost: 0.01, task: prepare },
      ...editPlan.inputs.steps,
      ...(isMatroska
        ? [{ ...JOIN, seconds, ffmpeg: () => buildVideoJoin({ list, lastPacket }, joined) }]
        : []),
      {
        ...JOIN,
        seconds,
        ffmpeg: () =>
          buildJoinCommand({
            rendition,
            editPlan,
            video: isMatroska ? { file: joined } : { list, lastPacket },
            audio,
            output,
          }),
      },
    ],
    fallback: null,
    output,
    isPackage: false,
    expect,
    verify: (environment) => verifyJoin({ ...environment, file: output, chunks }),
  }
}

function countFrames(video: readonly CompletedChunk[]): number {
  return video.reduce((sum, { facts }) => sum + (facts.frames ?? 0), 0)
}

/** Returns the duration of the last frame, in seconds. Reads it from the file if its runner has not stated it. */
async function findLastDuration(last: ChunkFile | undefined): Promise<number> {
  const { lastFrameTicks, timescale = 1 } = last?.facts ?? {}
  if (lastFrameTicks !== undefined) {
    return lastFrameTicks / timescale
  }
  const track = last && (await readVideoTrack(last.file))
  return (track?.lastFrameTicks ?? 0) / (track?.timescale ?? 1)
}
