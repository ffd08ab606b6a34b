/** Encoder options for each video codec, by rate control and encoder speed. */
import { VIDEO_ENCODERS, type VideoCodec } from '../../../src/contract/codecs.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { BitRateCap } from './bitRate.ts'
import { type ChunkPlace, listChunkOptions } from './chunkOptions.ts'
import { av1Crf, vp9Crf, x264Crf, x265Crf } from './quality.ts'

export interface VideoEncoding {
  codec: VideoCodec
  encoderSpeed: RenditionOf<'video'>['encoderSpeed']
  rate: RateControl
  /** Absent for a whole video. */
  chunk?: ChunkPlace | undefined
}

/** Rate control: a quality with an optional maximum bit rate, or a bit rate. */
export type RateControl = QualityControl | BitRateControl

interface QualityControl {
  by: 'quality'
  /** From 1 to 100. The planner has already replaced `auto` with a number. */
  quality: number
  cap: BitRateCap | null
  pass: Pass
}

export interface BitRateControl {
  by: 'bitRate'
  kbps: number
  pass: Pass
  /** True for a constant bit rate; otherwise `kbps` is the average. Only SVT-AV1 uses it. */
  isConstant?: boolean
}

/** 0: a pass without statistics. 1: the first of two passes, which writes them. 2: the second. */
type Pass = 0 | 1 | 2

/**
 * Speed settings of each encoder, by the encoder speed of the rendition. The values suit both
 * ffmpeg 5.1 and 7.1.
 */
const SPEEDS = {
  h264: { fast: 'superfast', balanced: 'veryfast', small: 'slow' },
  h265: { fast: 'ultrafast', balanced: 'veryfast', small: 'medium' },
  vp9: { fast: '8', balanced: '4', small: '2' },
  av1: { fast: '12', balanced: '10', small: '6' },
} as const

/** The smallest side that the encoder accepts, in pixels. */
export const MIN_SIDE: Record<VideoCodec, number> = { h264: 2, h265: 16, vp9: 2, av1: 64 }

/** At the usual frame rates, such as 25 or 24000/1001, a frame lasts a whole number of units. */
const TIME_BASE = '1:120000'

/** Keeps the times of frames, so that a variable rate stays in sync with the audio. */
export const KEEP_FRAME_TIMES: readonly string[] = ffmpegOptions({
  fps_mode: 'vfr',
  enc_time_base: TIME_BASE,
})

/**
 * Returns the options for the times of frames. VP9 with a bit rate uses ffmpeg's default time base,
 * in which one unit is the duration of a frame: ffmpeg passes each frame to libvpx with a duration
 * of one unit, and libvpx computes the bit rate from it. Frame times are rounded to that unit.
 */
export function buildFrameTiming(codec: VideoCodec, rate: RateControl): readonly string[] {
  const hasBitRate = rate.by === 'bitRate' || rate.cap !== null
  return codec === 'vp9' && hasBitRate ? ffmpegOptions({ fps_mode: 'vfr' }) : KEEP_FRAME_TIMES
}

/**
 * Statistics of the first pass. The path is relative to the scratch folder, in which ffmpeg runs.
 */
const PASS_LOG = 'passes'

/** Rate control 2 is a constant bit rate. SVT-AV1 supports it with prediction structure 1 only. */
const CONSTANT_BIT_RATE = 'rc=2:pred-struct=1'

type Options = Record<string, string | number | null>

export function buildVideoEncoder({ codec, encoderSpeed, rate, chunk }: VideoEncoding): string[] {
  const speed = SPEEDS[codec][encoderSpeed]
  const options = CODEC_OPTIONS[codec](rate, speed, chunk)
  return ffmpegOptions({ 'c:v': VIDEO_ENCODERS[codec], ...options, pix_fmt: 'yuv420p' })
}

type BuildOptions = (rate: RateControl, speed: string, chunk?: ChunkPlace) => Options

const CODEC_OPTIONS: Record<VideoCodec, BuildOptions> = {
  h264: (rate, speed, chunk) => ({
    preset: speed,
    'x264-params': listChunkOptions('h264', chunk, rate).join(':') || null,
    ...(rate.by === 'bitRate'
      ? { ...bitRate(rate.kbps), ...passOptions(rate.pass) }
      : { crf: x264Crf(rate.quality), ...capOptions(rate) }),
  }),
  h265: (rate, speed, chunk) => {
    const isPass = rate.by === 'bitRate' && rate.pass > 0
    const pass = isPass ? [`pass=${rate.pass}`, `stats=${PASS_LOG}`] : []
    const params = ['log-level=error', ...pass, ...listChunkOptions('h265', chunk, rate)]
    return {
      preset: speed,
      'x265-params': params.join(':'),
      ...(rate.by === 'bitRate'
        ? bitRate(rate.kbps)
        : { crf: x265Crf(rate.quality), ...capOptions(rate) }),
    }
  },
  vp9: (rate, speed) => {
    // libvpx has no two-pass encoding with the deadline `realtime`.
    const isRealtime = Number(speed) > 5 && rate.pass === 0
    return {
      'row-mt': 1,
      'tile-columns': 1,
      deadline: isRealtime ? 'realtime' : 'good',
      'cpu-used': isRealtime ? speed : Math.min(5, Number(speed)),
      // With a quality, the cap is the target bit rate; 0 (no cap) selects constant quality.
      ...(rate.by === 'bitRate'
        ? bitRate(rate.kbps)
        : { crf: vp9Crf(rate.quality), ...bitRate(rate.cap?.kbps ?? 0), ...capOptions(rate) }),
      ...passOptions(rate.pass),
    }
  },
  av1: (rate, speed) => ({
    preset: speed,
    ...(rate.by === 'bitRate'
      ? { ...bitRate(rate.kbps), ...(rate.isConstant && { 'svtav1-params': CONSTANT_BIT_RATE }) }
      : { crf: av1Crf(rate.quality) }),
  }),
}

function bitRate(kbps: number): Options {
  return { 'b:v': `${kbps}k` }
}

function passOptions(pass: Pass): Options {
  return pass === 0 ? {} : { pass, passlogfile: PASS_LOG }
}

function capOptions({ cap }: QualityControl): Options {
  if (cap === null) {
    return {}
  }
  const bufferKbits = Math.max(1, Math.round(cap.kbps * cap.bufferSeconds))
  return { maxrate: `${cap.kbps}k`, bufsize: `${bufferKbits}k` }
}
