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
import { readVideoTrack } from '../mp4/videoTrack.ts'
import { requestTracks } from '../plan/planVideo.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { FfmpegStep, PlanContext, Step } from '../renderPlan.ts'
import { dropPackets, type Ending, planEnding } from './planEnding.ts'
import { planTries } from './planTries.ts'

type Video = RenditionOf<'video'>

interface VideoChunk {
  range: ChunkRange
  rate: RateControl
  output: string
}

export function planVideoSteps(rendition: Video, context: PlanContext, chunk: VideoChunk): Step[] {
  const { range } = chunk
  const { inputs, output } = planFrames(rendition, context, { ...range, readFromSeconds: 0 })
  const ending = planEnding(rendition, range, {
    frameRate: output.frameRate,
    by: chunk.rate.by,
  })
  const planFrom = (readFromSeconds: number) =>
    planFrames(rendition, context, { ...range, endSeconds: ending.encodeEnd, readFromSeconds })
  const tries = planTries({ range, output }, (start) => {
    const buildSteps = () =>
      planChunkEncode(rendition, context, {
        ...chunk,
        editPlan: planFrom(start.fromSeconds),
        endOptions: buildEndOptions(range, ending),
      })
    return {
      encode: buildSteps().map((step, index) => ({
        ...step,
        ffmpeg: (stderrTails) => buildSteps()[index]?.ffmpeg(stderrTails) ?? null,
      })),
      hasPlannedFrames: () => hasPlannedFrames(chunk),
    }
  })
  return [...inputs.steps, ...tries]
}

/** Ends the file with the chunk, if frames that follow it are encoded too. */
function buildEndOptions({ endSeconds }: ChunkRange, { followingFrames }: Ending): string[] {
  if (followingFrames === 0 || endSeconds === null) {
    return []
  }
  const end = endSeconds.toFixed(6)
  return [
    ...ffmpegOptions({ force_key_frames: end, 'forced-idr': 1 }),
    ...dropPackets(`gte(pts*tb,${end})`),
  ]
}

async function hasPlannedFrames({ range: { frames }, output }: VideoChunk): Promise<boolean> {
  const track = frames === null ? null : await readVideoTrack(output).catch(() => null)
  return frames === null || track?.frames.length === frames
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
  options: VideoChunk & { editPlan: EditPlan; endOptions: string[] },
): FfmpegStep[] {
  const { range, rate, output, editPlan, endOptions } = options
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
        video: [...encoder, ...endOptions],
        audio: null,
        isH265: rendition.videoCodec === 'h265',
        container: buildExactContainer('mp4', 'video', output),
        output,
      }),
  })
}
