/** Encoder options for each video codec, by rate control and encoder speed. */
import { VIDEO_ENCODERS, type VideoCodec } from '../../../src/contract/codecs.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { BitRateCap } from './bitRate.ts'
import { av1Crf, vp9Crf, x264Crf, x265Crf } from './quality.ts'

export interface VideoEncoding {
  codec: VideoCodec
  encoderSpeed: RenditionOf<'video'>['encoderSpeed']
  rate: RateControl
}

/** Rate control: a quality with an optional maximum bit rate, or an average bit rate. */
export type RateControl = QualityControl | SizeControl

interface QualityControl {
  by: 'quality'
  /** 1 to 100, `auto` resolved. */
  quality: number
  cap: BitRateCap | null
  pass: Pass
}

interface SizeControl {
  by: 'size'
  kbps: number
  pass: Pass
}

/** 0 is a single pass; of two passes, 1 measures and 2 encodes. */
type Pass = 0 | 1 | 2

/**
 * Speed settings of each encoder, which both ffmpeg 5.1 and 7.1 accept. Balanced suits half a
 * shared CPU: x264's "veryfast" is twice as fast as its "medium" and makes files a tenth larger.
 */
const SPEEDS = {
  h264: { fast: 'superfast', balanced: 'veryfast', small: 'slow' },
  h265: { fast: 'ultrafast', balanced: 'veryfast', small: 'medium' },
  vp9: { fast: '8', balanced: '4', small: '2' },
  av1: { fast: '12', balanced: '10', small: '6' },
} as const

/** The smallest side that the encoder accepts, in pixels. */
export const MIN_SIDE: Record<VideoCodec, number> = { h264: 2, h265: 16, vp9: 2, av1: 64 }

/** A frame of every usual frame rate, even 24000/1001, lasts an integer number of these units. */
const TIME_BASE = '1:120000'

/** Keeps the times of frames, so that a variable rate stays in sync with the audio. */
export const KEEP_FRAME_TIMES: readonly string[] = ffmpegOptions({
  fps_mode: 'vfr',
  enc_time_base: TIME_BASE,
})

/**
 * Returns the options for the times of frames. ffmpeg states the duration of every frame as one
 * unit of the time base, and libvpx computes its bit rate from that. So for VP9 with a bit rate the
 * unit is one frame, and times are rounded to it.
 */
export function buildFrameTiming(codec: VideoCodec, rate: RateControl): readonly string[] {
  const hasBitRate = rate.by === 'size' || rate.cap !== null
  return codec === 'vp9' && hasBitRate ? ffmpegOptions({ fps_mode: 'vfr' }) : KEEP_FRAME_TIMES
}

/** File of the first pass, in the scratch folder: ffmpeg runs there. */
const PASS_LOG = 'passes'

type Options = Record<string, string | number | null>

export function buildVideoEncoder({ codec, encoderSpeed, rate }: VideoEncoding): string[] {
  const speed = SPEEDS[codec][encoderSpeed]
  const options = CODEC_OPTIONS[codec](rate, speed)
  return ffmpegOptions({ 'c:v': VIDEO_ENCODERS[codec], ...options, pix_fmt: 'yuv420p' })
}

const CODEC_OPTIONS: Record<VideoCodec, (rate: RateControl, speed: string) => Options> = {
  h264: (rate, speed) => ({
    preset: speed,
    ...(rate.by === 'size'
      ? { ...bitRate(rate.kbps), ...passOptions(rate.pass) }
      : { crf: x264Crf(rate.quality), ...capOptions(rate) }),
  }),
  h265: (rate, speed) => {
    const isPass = rate.by === 'size' && rate.pass > 0
    const pass = isPass ? `:pass=${rate.pass}:stats=${PASS_LOG}` : ''
    return {
      preset: speed,
      'x265-params': `log-level=error${pass}`,
      ...(rate.by === 'size'
        ? bitRate(rate.kbps)
        : { crf: x265Crf(rate.quality), ...capOptions(rate) }),
    }
  },
  vp9: (rate, speed) => {
    // Two passes are not possible in real time.
    const isRealtime = Number(speed) > 5 && rate.pass === 0
    return {
      'row-mt': 1,
      'tile-columns': 1,
      deadline: isRealtime ? 'realtime' : 'good',
      'cpu-used': isRealtime ? speed : Math.min(5, Number(speed)),
      // A cap is also the target. Without one, 0 turns off libvpx's own target.
      ...(rate.by === 'size'
        ? bitRate(rate.kbps)
        : { crf: vp9Crf(rate.quality), ...bitRate(rate.cap?.kbps ?? 0), ...capOptions(rate) }),
      ...passOptions(rate.pass),
    }
  },
  av1: (rate, speed) => ({
    preset: speed,
    ...(rate.by === 'size' ? bitRate(rate.kbps) : { crf: av1Crf(rate.quality) }),
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
