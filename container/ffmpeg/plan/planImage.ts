/** Plans an image of one frame: the frame at a requested second, or the best of several. */
import { join } from 'node:path'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { OutsideOfFile } from '../../failures.ts'
import type { Trim } from '../edit/editedOutput.ts'
import { formatSeconds } from '../edit/numbers.ts'
import { type EditPlan, planEdits } from '../edit/planEdits.ts'
import { openInput } from '../edit/prepareInputs.ts'
import { deinterlace } from '../edit/steps/deinterlace.ts'
import { DEFAULT_FRAME_RATE } from '../edit/steps/frameRate.ts'
import { isTransparentStill } from '../edit/steps/transparency.ts'
import { STRIP_METADATA } from '../encode/containers.ts'
import { buildImageEncoder, buildImageOutput } from '../encode/imageEncoders.ts'
import { resolveQuality } from '../encode/quality.ts'
import type { Probe, VideoStream } from '../probe/probe.ts'
import { requireVideo } from '../probe/videoSource.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { FfmpegStep, InputFile, PlanContext, RenderPlan } from '../renderPlan.ts'
import {
  listCandidateSeconds,
  parseFrameStatistics,
  planFrameMeasurement,
  selectBestSecond,
} from './thumbnail.ts'

type Image = RenditionOf<'image'>

const FRAME = { unit: 1, shortSide: null } as const
/** The fallback looks for a frame in this many seconds before the requested second. */
const MAX_FRAME_SECONDS = 30

export function planImage(rendition: Image, context: PlanContext): RenderPlan {
  const { source, folder } = context
  const video = requireVideo('image', source.probe)
  const { isStill } = source.probe
  const isBest = rendition.pick === 'best' && !isStill
  const candidates = isBest ? planCandidates(source, video) : null
  const startSeconds =
    isBest || isStill ? 0 : resolveFrameSecond(rendition.atSeconds, source.probe, video)
  const editPlan = planEdits(rendition, context, {
    frame: { ...FRAME, pixels: keepsTransparency(rendition, video) ? 'rgba' : 'rgb24' },
    audio: false,
    trim: { startSeconds, durationSeconds: null },
  })
  const output = join(folder, `output.${rendition.format}`)
  const buildCommand = (trim: Trim, frames: number | null) =>
    buildImageCommand({ rendition, editPlan, source, output, trim, frames })
  const step = { stage: 'encode', cost: isBest ? 0.1 : 1, seconds: null } as const
  const extract: FfmpegStep = {
    ...step,
    ffmpeg: (stderrTails) => {
      const second = candidates?.selectSecond(stderrTails) ?? startSeconds
      return buildCommand({ startSeconds: second, durationSeconds: null }, 1)
    },
  }
  const from = Math.max(0, startSeconds - MAX_FRAME_SECONDS)
  const before = { startSeconds: from, durationSeconds: startSeconds - from }
  const reason = describeReason(isStill, startSeconds, candidates?.steps.length ?? null)
  return {
    mode: 'frame',
    reason,
    video: { action: 'encode', reason },
    audio: null,
    notes:
      isStill && rendition.atSeconds > 0
        ? [`The file is a still image, so second ${rendition.atSeconds} (tt) has no effect.`]
        : [],
    // The measurements must be the first steps: `selectSecond` finds their stderr by index.
    steps: [...(candidates?.steps ?? []), ...editPlan.inputs.steps, extract],
    // The video may end before the audio, so that there is no frame at that second. Then the frames
    // before it are written to the same file, one over the other, and the last one remains.
    fallback: startSeconds > 0 ? { ...step, ffmpeg: () => buildCommand(before, null) } : null,
    output,
    isPackage: false,
    expect: {
      size: editPlan.output.size,
      hasAudio: false,
      seconds: null,
      hasRequestedEnd: false,
      isImage: true,
    },
  }
}

/** JPEG has no transparency. */
function keepsTransparency({ format }: Image, video: VideoStream): boolean {
  return format !== 'jpg' && isTransparentStill(video)
}

function describeReason(isStill: boolean, second: number, candidates: number | null): string {
  if (isStill) {
    return 'the source is a still image'
  }
  return candidates === null
    ? `one frame at second ${formatSeconds(second)}`
    : `the best of ${candidates} frames`
}

function planCandidates(source: InputFile & { probe: Probe }, video: VideoStream) {
  const { probe } = source
  const seconds = listCandidateSeconds(video.endSeconds ?? probe.contentSeconds)
  const distanceSeconds = (seconds[2] ?? 0) - (seconds[1] ?? 0)
  const options = {
    index: video.index,
    inputOptions: video.inputOptions,
    deinterlace: deinterlace({ video }),
    distanceSeconds,
  }
  return {
    steps: seconds.map((second) => planFrameMeasurement(source, second, options)),
    selectSecond: (stderrTails: readonly string[]) =>
      selectBestSecond(
        seconds.map((second, index) =>
          parseFrameStatistics(
            probe.seeksExactly ? second : -probe.startSeconds,
            stderrTails[index] ?? '',
          ),
        ),
      ),
  }
}

function buildImageCommand(options: {
  rendition: Image
  editPlan: EditPlan
  source: InputFile
  output: string
  trim: Trim
  /** Number of frames to write; null for all, where each replaces the previous one. */
  frames: number | null
}): string[] {
  const { rendition, editPlan, source, output, trim, frames } = options
  const { width, height } = editPlan.output.size!
  const quality = resolveQuality(rendition.quality, 'image', Math.min(width, height))
  const { filters, video } = editPlan.graph.select({ video: true, audio: false, trim })
  return [
    ...COMMON_OPTIONS,
    ...openInput(source, trim),
    ...editPlan.inputs.images,
    ...ffmpegOptions({ filter_complex: filters, map: video }),
    ...STRIP_METADATA,
    ...ffmpegOptions({ 'frames:v': frames }),
    ...buildImageEncoder(rendition.format, quality, editPlan.output.frame?.pixels === 'rgba'),
    ...buildImageOutput(output),
  ]
}

/**
 * Returns the second to seek to: the requested one, but not past the start of the last frame.
 *
 * @throws JobFailure `unsupported` when the requested second is not before the end of the video
 */
function resolveFrameSecond(atSeconds: number, probe: Probe, video: VideoStream): number {
  const duration = video.endSeconds ?? probe.contentSeconds
  if (duration === null || atSeconds === 0) {
    return atSeconds
  }
  if (atSeconds >= duration) {
    throw new OutsideOfFile(
      'unsupported',
      `The video is ${formatSeconds(duration)} seconds long, so it has no frame at second ${atSeconds}.`,
    )
  }
  const lastFrame = duration - 1 / (video.frameRate ?? DEFAULT_FRAME_RATE)
  return Math.max(0, Math.min(atSeconds, Math.floor((lastFrame - 0.001) * 1e3) / 1e3))
}
