/** ffmpeg's options for each video encoder. Owns codecs and speeds; rates and quality are handed in. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { av1Crf, vp9Crf, x264Crf, x265Crf } from './quality.ts'

type Video = RenditionOf<'video'>
export type VideoCodec = Video['videoCodec']

export interface VideoEncoding {
  codec: VideoCodec
  encoderSpeed: Video['encoderSpeed']
  rate: Rate
}

/** What decides on the bits. */
export type Rate =
  /** The look, 1 to 100 with `auto` resolved, and the most that it may take on average. */
  | {
      by: 'quality'
      quality: number
      cap: { kbps: number; bufferSeconds: number } | null
      pass: Pass
    }
  /** The bits alone. */
  | { by: 'size'; kbps: number; pass: Pass }

/** 0 is the only one; the first of two measures. */
type Pass = 0 | 1 | 2

type ByQuality = Extract<Rate, { by: 'quality' }>

/**
 * From fast to small, by names that 5.1 and 7.1 know. Balanced is what a shared half CPU can bear:
 * x264's "veryfast" is twice as fast as its "medium" for a tenth more bytes.
 */
const SPEEDS = {
  h264: { fast: 'superfast', balanced: 'veryfast', small: 'slow' },
  h265: { fast: 'ultrafast', balanced: 'veryfast', small: 'medium' },
  vp9: { fast: '8', balanced: '4', small: '2' },
  av1: { fast: '12', balanced: '10', small: '6' },
} as const

/** The names by which ffprobe knows the codecs. */
export const PROBED_AS: Record<VideoCodec, string> = {
  h264: 'h264',
  h265: 'hevc',
  vp9: 'vp9',
  av1: 'av1',
}
/** The smallest side that the encoder takes. */
export const MIN_SIDE: Record<VideoCodec, number> = { h264: 2, h265: 16, vp9: 2, av1: 64 }

/** A time base in which every usual frame rate, 24,000/1001 too, has frames of whole length. */
const TIME_BASE = '1:120000'

/** Frames keep their times, so that a variable rate stays in step with the sound. */
export const FRAMES_AS_THEY_COME = ['-fps_mode', 'vfr', '-enc_time_base', TIME_BASE]

/**
 * ffmpeg tells libvpx that each frame lasts one unit of the time base, from which that counts the bits
 * that it may spend. So where bits are counted, the unit is a frame, and times are rounded to it.
 */
export function framesFor(codec: VideoCodec, rate: Rate): readonly string[] {
  const counted = rate.by === 'size' || rate.cap !== null
  return codec === 'vp9' && counted ? ['-fps_mode', 'vfr'] : FRAMES_AS_THEY_COME
}

/** Written by the first of two passes, in the scratch folder, which is where ffmpeg runs. */
const PASS_LOG = 'passes'

export function videoEncoder({ codec, encoderSpeed, rate }: VideoEncoding): string[] {
  const speed = SPEEDS[codec][encoderSpeed]
  return [...ENCODERS[codec](rate, speed), '-pix_fmt', 'yuv420p']
}

const ENCODERS: Record<VideoCodec, (rate: Rate, speed: string) => string[]> = {
  h264: (rate, speed) => [
    '-c:v',
    'libx264',
    '-preset',
    speed,
    ...(rate.by === 'size'
      ? [...bits(rate.kbps), ...passes(rate.pass)]
      : ['-crf', String(x264Crf(rate.quality)), ...capped(rate)]),
  ],
  h265: (rate, speed) => {
    const pass = rate.by === 'size' && rate.pass > 0 ? `:pass=${rate.pass}:stats=${PASS_LOG}` : ''
    return [
      '-c:v',
      'libx265',
      '-preset',
      speed,
      '-x265-params',
      `log-level=error${pass}`,
      ...(rate.by === 'size'
        ? bits(rate.kbps)
        : ['-crf', String(x265Crf(rate.quality)), ...capped(rate)]),
    ]
  },
  vp9: (rate, speed) => {
    // Two passes are not made in real time.
    const live = Number(speed) > 5 && rate.pass === 0
    return [
      '-c:v',
      'libvpx-vp9',
      '-row-mt',
      '1',
      '-tile-columns',
      '1',
      ...(live ? ['-deadline', 'realtime'] : ['-deadline', 'good']),
      '-cpu-used',
      live ? speed : String(Math.min(5, Number(speed))),
      ...(rate.by === 'size'
        ? [...bits(rate.kbps), ...passes(rate.pass)]
        : ['-crf', String(vp9Crf(rate.quality)), ...constrained(rate), ...passes(rate.pass)]),
    ]
  },
  av1: (rate, speed) => [
    '-c:v',
    'libsvtav1',
    '-preset',
    speed,
    ...(rate.by === 'size' ? bits(rate.kbps) : ['-crf', String(av1Crf(rate.quality))]),
  ],
}

function bits(kbps: number): string[] {
  return ['-b:v', `${kbps}k`]
}

function passes(pass: Pass): string[] {
  return pass === 0 ? [] : ['-pass', String(pass), '-passlogfile', PASS_LOG]
}

function capped({ cap }: ByQuality): string[] {
  if (cap === null) {
    return []
  }
  const buffer = Math.max(1, Math.round(cap.kbps * cap.bufferSeconds))
  return ['-maxrate', `${cap.kbps}k`, '-bufsize', `${buffer}k`]
}

/** VP9 takes the cap for its target as well; none is 0, without which it has a target of its own. */
function constrained(rate: ByQuality): string[] {
  return rate.cap === null ? bits(0) : [...bits(rate.cap.kbps), ...capped(rate)]
}
