/** What keeps a file from being copied into each container, by the rules by which videos are planned. */
import type { ProbeDocument } from '../../../src/contract/probe.ts'
import { RENDITIONS, type RenditionOf } from '../../../src/contract/rendition.ts'
import { VIDEO_FORMATS } from '../../../src/contract/formats.ts'
import { JobFailure } from '../../failures.ts'
import type { PlanContext } from '../renderPlan.ts'
import { planVideo } from './planVideo.ts'

type Video = RenditionOf<'video'>

export function remuxObstacles(context: PlanContext): ProbeDocument['remux'] {
  const each = VIDEO_FORMATS.map((format) => [format, obstacle(format, context)])
  return Object.fromEntries(each) as ProbeDocument['remux']
}

function obstacle(format: Video['format'], context: PlanContext): string | null {
  // Sound that the container does not take is in the way, and no reason to say nothing of the picture.
  const usual = format === 'webm' ? 'opus' : 'aac'
  return inTheWay(asItIs(format, 'copy', context), context, () =>
    inTheWay(asItIs(format, usual, context), context, (failure) => failure.message),
  )
}

function inTheWay(
  rendition: Video,
  context: PlanContext,
  otherwise: (failure: JobFailure) => string | null,
): string | null {
  try {
    const { video, audio } = planVideo(rendition, frugal(context))
    const encoded = [video, audio].filter((each) => each !== null && each.action !== 'copy')
    const reasons = encoded.map((each) => String(each?.reason))
    return reasons.length === 0 ? null : [...new Set(reasons)].join('; ')
  } catch (error) {
    if (error instanceof JobFailure) {
      return otherwise(error)
    }
    throw error
  }
}

/** A rendition that asks for nothing: any size, any bit rate, sound as it is. */
function asItIs(
  format: Video['format'],
  audioCodec: Video['audioCodec'],
  { source }: PlanContext,
): Video {
  const { video } = source.probe
  return RENDITIONS.video.parse({
    kind: 'video',
    format,
    quality: 100,
    background: '000000',
    width: video?.display.width ?? null,
    height: video?.display.height ?? null,
    resizeMode: 'fill',
    gravity: 'center',
    focusX: null,
    focusY: null,
    rotate: 0,
    flip: 'none',
    watermark: null,
    watermarkGravity: 'center',
    watermarkSize: 1,
    watermarkOpacity: 1,
    startSeconds: 0,
    endSeconds: null,
    trimMode: 'exact',
    speed: 1,
    append: [],
    fadeInSeconds: 0,
    fadeOutSeconds: 0,
    frameRate: null,
    encoderSpeed: 'balanced',
    videoCodec: codecIn(format, video?.codec),
    videoKbps: null,
    sizeKilobytes: null,
    audioCodec,
    audioKbps: 512,
    audioTrack: 1,
    loudness: null,
    subtitles: null,
    subtitleMode: 'track',
    metadata: 'strip',
  })
}

/** The file as one that is no larger than it need be, since that is in nobody's way. */
function frugal(context: PlanContext): PlanContext {
  const { source } = context
  const { probe } = source
  const video = probe.video && { ...probe.video, bitRate: 1 }
  return { ...context, source: { ...source, probe: { ...probe, video } } }
}

/** By ffprobe's names. */
const CODECS: Record<string, Video['videoCodec']> = {
  h264: 'h264',
  hevc: 'h265',
  vp9: 'vp9',
  av1: 'av1',
}
/** What each container takes, the usual first, of which it would be if it is none of them. */
const HOLDS: Record<Video['format'], readonly Video['videoCodec'][]> = {
  mp4: ['h264', 'h265', 'av1', 'vp9'],
  mov: ['h264', 'h265'],
  webm: ['vp9', 'av1'],
  mkv: ['h264', 'h265', 'vp9', 'av1'],
}

function codecIn(format: Video['format'], codec = ''): Video['videoCodec'] {
  const [usual = 'h264'] = HOLDS[format]
  return HOLDS[format].find((each) => each === CODECS[codec]) ?? usual
}
