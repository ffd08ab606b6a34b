/**
 * What to do with a file: copy its streams, encode it, or take a frame. A pure function of the
 * rendition and of what the probe found; starts nothing and reads nothing.
 */
import type { Plan } from '../../src/contract/runner.ts'
import type { Rendition } from '../../src/contract/transformation.ts'
import { JobFailure } from '../failures.ts'
import { encodeArguments, frameArguments, remuxArguments, type Job } from './arguments.ts'
import { geometry, same, type Size } from './geometry.ts'
import { MOST_FRAMES, MOST_SECONDS } from './limits.ts'
import type { Probe, VideoStream } from './probe.ts'
import { frugalBitsPerPixel, resolveQuality } from './quality.ts'
import { isTooLarge, tooLarge, tooLong, tooManyFrames, variantTooLarge } from './refusals.ts'

/** "A video above 720p comes out at 720p": the short side, so that portrait is treated alike. */
const DEFAULT_SHORT_SIDE = 720

export type RenderPlan = Plan & {
  arguments: string[]
  /** For when `arguments` end well and give no frame; null when there is no second way. */
  fallbackArguments: string[] | null
  /** What the output must measure. */
  size: Size
  /** How long the output must be, in seconds; null for a picture or when the source does not say. */
  durationSeconds: number | null
}

/** Codecs that a container takes as they are, and that its players can be expected to know. */
const COPIED = {
  h264: { video: ['h264'], audio: ['aac'] },
  webm: { video: ['vp8', 'vp9'], audio: ['opus', 'vorbis'] },
}

/**
 * @param files where ffmpeg reads and writes
 * @throws JobFailure `unsupported` when the file has no picture, is too large or too long, or ends
 *   before the second that was asked for
 */
export function planRendition(
  rendition: Rendition,
  probe: Probe,
  files: { input: string; output: string },
): RenderPlan {
  const { video } = probe
  if (video === null) {
    throw new JobFailure(
      'unsupported',
      `The file holds sound (${probe.audio?.codec ?? 'unknown'}) and no picture; a ${rendition.kind} cannot be made of it.`,
    )
  }
  // Pixels may be said to be oblong, a thousand times as wide as high.
  const large = [video.upright, video.display].find(isTooLarge)
  if (large !== undefined) throw tooLarge(large)
  // Even one picture takes the index of all.
  if ((video.frames ?? 0) > MOST_FRAMES) throw tooManyFrames(Number(video.frames))
  const image = rendition.kind === 'image'
  const shape = geometry(video.display, {
    ...rendition,
    unit: image ? 1 : 2,
    shortSide: image ? null : DEFAULT_SHORT_SIDE,
  })
  const blown = [shape.scaled, shape.output].find(isTooLarge)
  if (blown !== undefined) throw variantTooLarge(blown)
  const { width, height } = shape.output
  const quality = resolveQuality(rendition.quality, rendition.kind, Math.min(width, height))
  const job = { rendition, ...files, geometry: shape, quality, video, audio: probe.audio }

  return rendition.kind === 'image'
    ? planFrame({ ...job, startSeconds: frameSecond(rendition, probe, video), lengthSeconds: null })
    : planVideo(rendition, probe, { ...job, ...trim(rendition, probe) })
}

function planFrame(job: Job): RenderPlan {
  return {
    mode: 'frame',
    reason: `one frame at second ${round(job.startSeconds)}`,
    arguments: frameArguments(job, 'exact'),
    fallbackArguments: job.startSeconds > 0 ? frameArguments(job, 'last') : null,
    size: job.geometry.output,
    durationSeconds: null,
  }
}

function planVideo(
  rendition: Extract<Rendition, { kind: 'video' }>,
  probe: Probe,
  job: Job,
): RenderPlan {
  const obstacle = obstacleToRemux(rendition, probe, job)
  const remaining =
    probe.contentSeconds === null ? null : Math.max(0, probe.contentSeconds - job.startSeconds)
  const seconds = job.lengthSeconds ?? remaining
  const frames = (seconds ?? 0) * (job.video.frameRate ?? 0)
  if (seconds !== null && seconds > MOST_SECONDS) throw tooLong(seconds)
  if (frames > MOST_FRAMES) throw tooManyFrames(frames)
  return {
    mode: obstacle === null ? 'remux' : 'encode',
    reason: obstacle ?? 'codecs, size and bit rate are as asked already',
    arguments: obstacle === null ? remuxArguments(job) : encodeArguments(job),
    fallbackArguments: null,
    size: job.geometry.output,
    durationSeconds: seconds,
  }
}

/** Why the streams cannot be copied as they are, in words; null when they can. */
function obstacleToRemux(
  rendition: Extract<Rendition, { kind: 'video' }>,
  probe: Probe,
  job: Job,
): string | null {
  const { video, audio } = job
  const codecs = rendition.format === 'webm' ? COPIED.webm : COPIED.h264
  if (job.startSeconds > 0 || job.lengthSeconds !== null) return 'a part of the video is asked for'
  if (!codecs.video.includes(video.codec)) {
    return `${rendition.format} does not take ${video.codec} video as it is`
  }
  if (video.pixelFormat !== 'yuv420p') return `the pixels are ${video.pixelFormat}, not yuv420p`
  if (video.hdr) return 'the colours are HDR'
  if (video.interlaced) return 'the video is interlaced'
  if (video.rotated) return 'the video is stored rotated'
  if (audio !== null && !codecs.audio.includes(audio.codec)) {
    return `${rendition.format} does not take ${audio.codec} audio as it is`
  }
  if (audio !== null && audio.channels > 2) return `the audio has ${audio.channels} channels`
  const { output } = job.geometry
  if (!same(output, video.upright)) return `the size becomes ${output.width} by ${output.height}`
  // Without a frame rate the bit rate says nothing; 25 is the least that a video is likely to have.
  const pixelsASecond = output.width * output.height * (video.frameRate ?? 25)
  const bitsPerPixel = video.bitRate === null ? Infinity : video.bitRate / pixelsASecond
  const frugal = frugalBitsPerPixel(job.quality)
  if (bitsPerPixel > frugal) {
    return `${bitsPerPixel.toFixed(3)} bits a pixel are more than quality ${job.quality} needs (${frugal.toFixed(3)})`
  }
  return null
}

function trim(rendition: Extract<Rendition, { kind: 'video' }>, probe: Probe) {
  const { startSeconds, endSeconds } = rendition
  const length = probe.contentSeconds
  if (length !== null && startSeconds > 0 && startSeconds >= length) {
    throw new JobFailure(
      'unsupported',
      `The video is ${round(length)} seconds long, so it cannot start at second ${startSeconds}.`,
    )
  }
  if (endSeconds === null || (length !== null && endSeconds >= length)) {
    return { startSeconds, lengthSeconds: null }
  }
  if (endSeconds <= startSeconds) {
    throw new JobFailure(
      'unsupported',
      `The end (second ${endSeconds}) must be after the start (second ${startSeconds}).`,
    )
  }
  return { startSeconds, lengthSeconds: endSeconds - startSeconds }
}

/** The second to seek to: the one asked for, but never past the start of the last frame. */
function frameSecond(
  rendition: Extract<Rendition, { kind: 'image' }>,
  probe: Probe,
  video: VideoStream,
): number {
  const { atSeconds } = rendition
  const length = video.endSeconds ?? probe.contentSeconds
  if (length === null || atSeconds === 0) return atSeconds
  if (atSeconds >= length) {
    throw new JobFailure(
      'unsupported',
      `The video is ${round(length)} seconds long, so it has no frame at second ${atSeconds}.`,
    )
  }
  const lastFrame = length - 1 / (video.frameRate ?? 25)
  return Math.max(0, Math.min(atSeconds, Math.floor((lastFrame - 0.001) * 1e3) / 1e3))
}

function round(seconds: number): string {
  return String(Math.round(seconds * 100) / 100)
}
