/** How a rung is encoded: by quality, within a cap, with a keyframe at the start of each segment. */
import type { RenditionOf } from '../../src/contract/rendition.ts'
import type { Track } from './layout.ts'
import { x264Crf } from './quality.ts'

type Stream = RenditionOf<'stream'>
type Picture = NonNullable<Track['picture']>

export type Rung = Track & {
  picture: Picture
  codec: Stream['videoCodec']
  preset: Stream['preset']
  quality: number
  /** How many pictures a segment has; the last one may have fewer. */
  framesEach: number
}

/** How far an encoder may run ahead of its cap, in seconds of it. */
export const BUFFER_SECONDS = 1.5

export function cappedEncoder(rung: Rung): string[] {
  const { capBits, framesEach } = rung
  return [
    ...encoder(rung),
    ...['-maxrate', String(capBits), '-bufsize', String(Math.round(capBits * BUFFER_SECONDS))],
    // Counted and not timed: the frame rate is constant here, and not every encoder heeds times.
    ...['-g', String(framesEach), '-keyint_min', String(framesEach)],
    ...['-force_key_frames', `expr:not(mod(n,${framesEach}))`],
    ...['-fps_mode', 'passthrough'],
  ]
}

/** A rate in ffmpeg's notation, exact where it is one of those that television left us. */
export function frameRateOf(wanted: number | null): { value: number; text: string } {
  const rate = Math.min(120, Math.max(1, wanted ?? 25))
  const whole = Math.round(rate)
  if (Math.abs(rate - whole) < 1e-3) return { value: whole, text: String(whole) }
  const television = (whole * 1000) / 1001
  if (Math.abs(rate - television) < 2e-3) return { value: television, text: `${whole}000/1001` }
  const value = Math.round(rate * 1000) / 1000
  return { value, text: String(value) }
}

/** Of 5.1 and 7.1, from fast to small. Several rungs are made at once, so "small" is not the slowest. */
const SPEEDS = {
  h264: { fast: 'ultrafast', balanced: 'veryfast', small: 'medium' },
  h265: { fast: 'ultrafast', balanced: 'superfast', small: 'fast' },
  av1: { fast: '12', balanced: '10', small: '8' },
} as const

/** No keyframes of the encoder's own at changes of scene, and none that pictures reach back over. */
const CLOSED = 'scenecut=0:open-gop=0'

function encoder({ codec, preset, quality }: Rung): string[] {
  const pixels = ['-pix_fmt', 'yuv420p']
  switch (codec) {
    case 'h265':
      return [
        ...['-c:v', 'libx265', '-preset', SPEEDS.h265[preset], '-crf', String(x264Crf(quality))],
        ...['-tag:v', 'hvc1', '-forced-idr', '1', '-x265-params', `${CLOSED}:log-level=error`],
        ...pixels,
      ]
    case 'av1':
      return [
        ...['-c:v', 'libsvtav1', '-preset', SPEEDS.av1[preset]],
        ...['-crf', String(Math.round(63 - (quality / 100) * 45)), ...pixels],
      ]
    default:
      return [
        ...['-c:v', 'libx264', '-preset', SPEEDS.h264[preset], '-crf', String(x264Crf(quality))],
        ...['-profile:v', 'high', '-forced-idr', '1', '-x264-params', CLOSED, ...pixels],
      ]
  }
}
