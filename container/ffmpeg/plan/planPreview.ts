/** Plans a preview: a short part of a video, without audio, as an animated image or as MP4. */
import { join } from 'node:path'
import { IMAGE_ENCODERS, PREVIEW_ENCODERS } from '../../../src/contract/codecs.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { JobFailure, OutsideOfFile } from '../../failures.ts'
import { formatSeconds } from '../edit/numbers.ts'
import { type EditPlan, planEdits } from '../edit/planEdits.ts'
import { DEFAULT_FRAME_RATE, frameRateFilter, MAX_FRAME_RATE } from '../edit/steps/frameRate.ts'
import { resolveTrim } from '../edit/resolveTrim.ts'
import { buildContainer, STRIP_METADATA } from '../encode/containers.ts'
import { resolveQuality } from '../encode/quality.ts'
import { buildVideoEncoder, KEEP_FRAME_TIMES } from '../encode/videoEncoders.ts'
import type { Probe, VideoStream } from '../probe/probe.ts'
import { requireVideo } from '../probe/videoSource.ts'
import { COMMON_OPTIONS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { FfmpegStep, PlanContext, RenderPlan } from '../renderPlan.ts'

type Preview = RenditionOf<'preview'>

export const DEFAULT_PREVIEW_SECONDS = 3
const MAX_SECONDS = 30
const SHORT_SIDE = 240
/**
 * Maximum frame rates when none is requested. 24 is the rate of film; GIF and WebP have fewer
 * frames, because each is encoded as an image.
 */
const FRAME_RATES: Record<Preview['format'], number> = { mp4: 24, webp: 10, gif: 10 }
/**
 * Minimum frame rate when none is requested: the frames of a slow source are repeated, so that the
 * preview is as long as the part.
 */
const MIN_FRAME_RATE = 1
/** Frame rate of a WebP whose frames are all equal. */
const STATIC_FRAME_RATE = 1
/** All frames of a GIF are in memory until the palette is known: 4 bytes per pixel, about 1 GB. */
const MAX_GIF_PIXELS = 256e6

export function planPreview(rendition: Preview, context: PlanContext): RenderPlan {
  const { source, folder } = context
  const { format } = rendition
  const part = resolvePart(rendition, source.probe)
  const editPlan = planEdits({ ...rendition, ...part.edits }, context, {
    frame: {
      unit: format === 'mp4' ? 2 : 1,
      shortSide: SHORT_SIDE,
      pixels: format === 'mp4' ? 'yuv420p' : 'rgb24',
    },
    audio: false,
    trim: part.trim,
  })
  checkGifSize(rendition, editPlan, part.maxSeconds)
  const output = join(folder, `output.${format}`)
  const frames = Math.max(1, Math.round(part.maxSeconds * part.edits.frameRate))
  const command = buildPreviewCommand(rendition, editPlan, { output, frames })
  const reason = `${formatSeconds(part.maxSeconds)} seconds from second ${formatSeconds(rendition.startSeconds)}, without audio`
  return {
    mode: 'encode',
    reason,
    video: { action: 'encode', reason },
    audio: source.probe.audio && { action: 'drop', reason: 'a preview has no audio' },
    notes: [],
    steps: [
      ...editPlan.inputs.steps,
      { stage: 'encode', cost: 1, seconds: part.maxSeconds, ffmpeg: () => command },
    ],
    fallback:
      format === 'webp'
        ? planStaticWebp(rendition, editPlan, { output, seconds: part.maxSeconds })
        : null,
    output,
    isPackage: false,
    expect: {
      size: editPlan.output.size,
      hasAudio: false,
      seconds: part.seconds,
      hasRequestedEnd: true,
      isImage: false,
    },
  }
}

/**
 * Resolves the part of the source that is shown, which ends at the latest with the video, even if
 * the audio continues.
 *
 * @throws JobFailure `unsupported` when the part does not exist, or is too long
 */
function resolvePart(rendition: Preview, probe: Probe) {
  const { startSeconds, speed } = rendition
  const video = requireVideo('preview', probe)
  const endSeconds = rendition.endSeconds ?? startSeconds + DEFAULT_PREVIEW_SECONDS
  const durationSeconds = endSeconds - startSeconds
  const requestedSeconds = durationSeconds / speed
  if (requestedSeconds > MAX_SECONDS) {
    throw new JobFailure(
      'unsupported',
      `The preview would be ${formatSeconds(requestedSeconds)} seconds long; the maximum is ${MAX_SECONDS}. Use an end (eo) nearer to the start (so), or a video instead of a preview.`,
    )
  }
  resolveTrim({ startSeconds, endSeconds }, probe)
  const videoEnd = video.endSeconds ?? probe.contentSeconds
  if (videoEnd !== null && videoEnd <= startSeconds) {
    throw new OutsideOfFile(
      'unsupported',
      `The video is ${formatSeconds(videoEnd)} seconds long, so no preview can start at second ${formatSeconds(startSeconds)}.`,
    )
  }
  const seconds =
    videoEnd === null ? null : Math.min(durationSeconds, videoEnd - startSeconds) / speed
  return {
    edits: {
      endSeconds,
      frameRate: resolveFrameRate(rendition, video, seconds ?? requestedSeconds),
    },
    trim: { startSeconds, durationSeconds },
    /** Duration of the preview; null when the duration of the source is unknown. */
    seconds,
    maxSeconds: seconds ?? requestedSeconds,
  }
}

/** Returns the frame rate. It is raised for a very short part, so that the part has a frame. */
function resolveFrameRate(
  { frameRate, format, speed }: Preview,
  video: VideoStream,
  seconds: number,
): number {
  const playedRate = (video.frameRate ?? DEFAULT_FRAME_RATE) * speed
  const rate = frameRate ?? Math.min(FRAME_RATES[format], Math.max(playedRate, MIN_FRAME_RATE))
  return Math.min(MAX_FRAME_RATE, Math.max(rate, 1 / seconds))
}

function checkGifSize({ format }: Preview, { output }: EditPlan, seconds: number): void {
  const { width, height } = output.size!
  const pixels = width * height * (output.frameRate ?? DEFAULT_FRAME_RATE) * seconds
  if (format === 'gif' && pixels > MAX_GIF_PIXELS) {
    throw new JobFailure(
      'unsupported',
      `A GIF of ${formatSeconds(seconds)} seconds at ${width} by ${height} is too large. Use a smaller size (w, h), a shorter part (eo), fewer frames (fps), or webp (f_webp).`,
    )
  }
}

/**
 * Plans a WebP whose frames are all equal. The encoder of animations merges equal frames, and
 * writes an image without a duration if only one is left. The encoder of images keeps all of them.
 */
function planStaticWebp(
  rendition: Preview,
  editPlan: EditPlan,
  { output, seconds }: { output: string; seconds: number },
): FfmpegStep {
  const frames = Math.max(2, Math.round(seconds * STATIC_FRAME_RATE))
  const { inputs, graph } = editPlan
  const { filters, video } = graph.select({ video: true, audio: false })
  const { width, height } = editPlan.output.size!
  const quality = resolveQuality(rendition.quality, 'preview', Math.min(width, height))
  const command = [
    ...COMMON_OPTIONS,
    ...inputs.files,
    ...inputs.images,
    ...ffmpegOptions({
      filter_complex: `${filters.join(';')};${video}${fillFromStart(frames / seconds)}[static]`,
      map: '[static]',
      an: true,
    }),
    ...STRIP_METADATA,
    ...ffmpegOptions({
      'frames:v': frames,
      'c:v': IMAGE_ENCODERS.webp,
      quality,
      loop: 0,
      f: 'webp',
    }),
    output,
  ]
  return { stage: 'encode', cost: 0.5, seconds, ffmpeg: () => command }
}

/** Returns a filter that shows the first frame from the start, even if it begins later. */
function fillFromStart(frameRate: number | null): string {
  return frameRate === null ? 'null' : `${frameRateFilter(frameRate)}:start_time=0`
}

function buildPreviewCommand(
  rendition: Preview,
  editPlan: EditPlan,
  { output, frames }: { output: string; frames: number },
): string[] {
  const { format } = rendition
  const { inputs, graph } = editPlan
  const { width, height } = editPlan.output.size!
  const quality = resolveQuality(rendition.quality, 'preview', Math.min(width, height))
  const { filters, video } = graph.select({ video: true, audio: false })
  const isGif = format === 'gif'
  return [
    ...COMMON_OPTIONS,
    ...inputs.files,
    ...inputs.images,
    ...ffmpegOptions({
      filter_complex: [
        ...filters,
        `${video}${fillFromStart(editPlan.output.constantFrameRate)}[shown]`,
        ...(isGif ? [buildPalette('[shown]', quality)] : []),
      ].join(';'),
      map: isGif ? '[gif]' : '[shown]',
      an: true,
    }),
    ...STRIP_METADATA,
    ...ffmpegOptions({ 'frames:v': frames }),
    ...ENCODERS[format](quality, output),
  ]
}

/** Returns the chains that reduce the video to one palette for all frames, ending in `[gif]`. */
function buildPalette(video: string, quality: number): string {
  // GIF has at most 256 colours. Below quality 60 there are fewer, which compress better.
  const colours = Math.min(256, Math.max(16, Math.round((quality / 60) * 256)))
  return [
    `${video}split[sampled][painted]`,
    `[sampled]palettegen=max_colors=${colours}:stats_mode=diff[palette]`,
    '[painted][palette]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle[gif]',
  ].join(';')
}

const ENCODERS: Record<Preview['format'], (quality: number, output: string) => string[]> = {
  mp4: (quality, output) => [
    ...KEEP_FRAME_TIMES,
    ...buildVideoEncoder({
      codec: 'h264',
      encoderSpeed: 'balanced',
      rate: { by: 'quality', quality, cap: null, pass: 0 },
    }),
    ...buildContainer('mp4', output),
  ],
  webp: (quality, output) => [
    ...ffmpegOptions({ 'c:v': PREVIEW_ENCODERS.webp, quality, loop: 0, f: 'webp' }),
    output,
  ],
  gif: (_, output) => [
    ...ffmpegOptions({ 'c:v': PREVIEW_ENCODERS.gif, loop: 0, f: 'gif' }),
    output,
  ],
}
