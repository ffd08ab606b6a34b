/** ffmpeg's options for each video encoder. Owns codecs and speeds; rates and quality are handed in. */
import type { RenditionOf } from '../../src/contract/rendition.ts'
import { av1Crf, vp9Crf, x264Crf, x265Crf } from './quality.ts'

type Video = RenditionOf<'video'>
export type VideoCodec = Video['videoCodec']

export type VideoEncoding = {
  codec: VideoCodec
  preset: Video['preset']
  rate: Rate
}

/** What decides on the bits. */
export type Rate =
  /** The look, 1 to 100 with `auto` resolved, and the most that it may take on average. */
  | { by: 'quality'; quality: number; cap: { kbps: number; bufferSeconds: number } | null }
  /** The bits alone. `pass` 0 is the only one. */
  | { by: 'size'; kbps: number; pass: 0 | 1 | 2 }

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
  ...{ h264: 'h264', h265: 'hevc', vp9: 'vp9', av1: 'av1' },
}
/** The smallest side that the encoder takes. */
export const LEAST_SIDE: Record<VideoCodec, number> = { h264: 2, h265: 16, vp9: 2, av1: 64 }

/** A time base in which every usual frame rate, 24,000/1001 too, has frames of whole length. */
const TIME_BASE = '1:120000'

/** Frames keep their times, so that a variable rate stays in step with the sound. */
export const FRAMES_AS_THEY_COME = ['-fps_mode', 'vfr', '-enc_time_base', TIME_BASE]

/** Written by the first of two passes, in the scratch folder, which is where ffmpeg runs. */
const PASS_LOG = 'passes'

export function videoEncoder({ codec, preset, rate }: VideoEncoding): string[] {
  const speed = SPEEDS[codec][preset]
  return [...ENCODERS[codec](rate, speed), '-pix_fmt', 'yuv420p']
}

const ENCODERS: Record<VideoCodec, (rate: Rate, speed: string) => string[]> = {
  h264: (rate, speed) => [
    ...['-c:v', 'libx264', '-preset', speed],
    ...(rate.by === 'size'
      ? [...bits(rate.kbps), ...passes(rate.pass)]
      : ['-crf', String(x264Crf(rate.quality)), ...capped(rate)]),
  ],
  h265: (rate, speed) => {
    const pass = rate.by === 'size' && rate.pass > 0 ? `:pass=${rate.pass}:stats=${PASS_LOG}` : ''
    return [
      ...['-c:v', 'libx265', '-preset', speed, '-x265-params', `log-level=error${pass}`],
      ...(rate.by === 'size'
        ? bits(rate.kbps)
        : ['-crf', String(x265Crf(rate.quality)), ...capped(rate)]),
    ]
  },
  vp9: (rate, speed) => [
    ...['-c:v', 'libvpx-vp9', '-row-mt', '1', '-tile-columns', '1'],
    ...['-deadline', Number(speed) > 5 ? 'realtime' : 'good', '-cpu-used', speed],
    ...(rate.by === 'size'
      ? [...bits(rate.kbps), ...passes(rate.pass)]
      : [
          '-crf',
          String(vp9Crf(rate.quality)),
          ...(rate.cap === null ? ['-b:v', '0'] : capped(rate, true)),
        ]),
  ],
  av1: (rate, speed) => [
    ...['-c:v', 'libsvtav1', '-preset', speed],
    ...(rate.by === 'size'
      ? bits(rate.kbps)
      : ['-crf', String(av1Crf(rate.quality)), ...capped(rate)]),
  ],
}

function bits(kbps: number): string[] {
  return ['-b:v', `${kbps}k`]
}

function passes(pass: 0 | 1 | 2): string[] {
  return pass === 0 ? [] : ['-pass', String(pass), '-passlogfile', PASS_LOG]
}

/** @param targeted the encoder takes its target for the cap, as VP9's constrained quality does */
function capped({ cap }: Extract<Rate, { by: 'quality' }>, targeted = false): string[] {
  if (cap === null) return []
  const { kbps, bufferSeconds } = cap
  const buffer = Math.max(1, Math.round(kbps * bufferSeconds))
  return [...(targeted ? bits(kbps) : []), ...['-maxrate', `${kbps}k`, '-bufsize', `${buffer}k`]]
}
