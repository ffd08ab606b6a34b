/**
 * Plans the steps that make a chunk of video. The filters are those of the whole video, with the same
 * times.
 */
import type { ChunkRange } from '../../../src/contract/chunk.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { type EditPlan, planEdits } from '../edit/planEdits.ts'
import { findPlace } from '../encode/chunkOptions.ts'
import { buildExactContainer } from '../encode/containers.ts'
import { buildFileCommand } from '../encode/fileCommand.ts'
import { planEncodeSteps } from '../encode/passes.ts'
import type { RateControl } from '../encode/videoEncoders.ts'
import { requestTracks } from '../plan/planVideo.ts'
import type { FfmpegStep, PlanContext, Step } from '../renderPlan.ts'
import { planTries } from './planTries.ts'

type Video = RenditionOf<'video'>

interface VideoChunk {
  range: ChunkRange
  rate: RateControl
  output: string
}

export function planVideoSteps(rendition: Video, context: PlanContext, chunk: VideoChunk): Step[] {
  const { range } = chunk
  const planFrom = (readFromSeconds: number) =>
    planFrames(rendition, context, { ...range, readFromSeconds })
  const { inputs, output } = planFrom(0)
  const tries = planTries(context, { range, output }, (start) => {
    const buildSteps = () => planChunkEncode(rendition, context, chunk, planFrom(start.fromSeconds))
    return {
      encode: buildSteps().map((step, index) => ({
        ...step,
        ffmpeg: (stderrTails) => buildSteps()[index]?.ffmpeg(stderrTails) ?? null,
      })),
      hasPlannedFrames: async ({ stderrTails }) =>
        hasPlannedFrames(range, stderrTails.at(-1) ?? ''),
    }
  })
  return [...inputs.steps, ...tries]
}

/** The last report of progress in stderr. Earlier ones are not written there. */
const ENCODED_FRAMES = /^frame= *(\d+)/m

/** `measureChunk` counts the frames of the file later. Here, the number that ffmpeg reports is enough. */
function hasPlannedFrames({ frames }: ChunkRange, stderr: string): boolean {
  return frames === null || Number(ENCODED_FRAMES.exec(stderr)?.[1]) === frames
}

/** Plans the edits of the video alone. */
function planFrames(
  rendition: Video,
  context: PlanContext,
  { startSeconds, endSeconds, readFromSeconds }: ChunkRange & { readFromSeconds: number },
): EditPlan {
  const isBurned = rendition.subtitleMode === 'burn'
  const videoOnly = { ...rendition, ...(!isBurned && { subtitles: null }) }
  return planEdits(videoOnly, context, {
    ...requestTracks(rendition),
    audio: false,
    range: { startSeconds, endSeconds, readFromSeconds },
  })
}

function planChunkEncode(
  rendition: Video,
  { folder }: PlanContext,
  { range, rate, output }: VideoChunk,
  editPlan: EditPlan,
): FfmpegStep[] {
  return planEncodeSteps({
    rendition,
    rate,
    editPlan,
    folder,
    chunk: findPlace(range),
    buildCommand: (_, encoder) =>
      buildFileCommand({
        format: 'mp4',
        metadata: 'strip',
        editPlan,
        filters: editPlan.graph.select({ video: true, audio: false }),
        video: encoder,
        audio: null,
        isH265: rendition.videoCodec === 'h265',
        container: buildExactContainer('mp4', 'video', output),
        output,
      }),
  })
}
