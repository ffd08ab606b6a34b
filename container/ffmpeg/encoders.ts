/** ffmpeg's options for each video encoder. Owns codecs and speeds; what quality is, is handed in. */
import type { RenditionOf } from '../../src/contract/rendition.ts'
import { vp9Crf, x264Crf } from './quality.ts'

type Video = RenditionOf<'video'>
export type VideoEncoding = {
  codec: Video['videoCodec']
  preset: Video['preset']
  /** 1 to 100, `auto` resolved. */
  quality: number
}

/** Of 5.1 and 7.1, from fast to small. */
const SPEEDS = {
  // "veryfast" is twice as fast as "medium" for a tenth more bytes: what a shared half CPU can bear.
  h264: { fast: 'ultrafast', balanced: 'veryfast', small: 'slow' },
} as const

/** A time base in which every usual frame rate, 24,000/1001 too, has frames of whole length. */
const TIME_BASE = '1:120000'

/** Frames keep their times, so that a variable rate stays in step with the sound. */
export const FRAMES_AS_THEY_COME = ['-fps_mode', 'vfr', '-enc_time_base', TIME_BASE]

export function videoEncoder({ codec, preset, quality }: VideoEncoding): string[] {
  switch (codec) {
    case 'vp9':
      return [
        ...['-c:v', 'libvpx-vp9', '-crf', String(vp9Crf(quality)), '-b:v', '0'],
        ...['-pix_fmt', 'yuv420p', '-deadline', 'good', '-cpu-used', '4'],
        ...['-row-mt', '1', '-tile-columns', '1'],
      ]
    default:
      return [
        ...['-c:v', 'libx264', '-preset', SPEEDS.h264[preset]],
        ...['-crf', String(x264Crf(quality)), '-pix_fmt', 'yuv420p'],
      ]
  }
}
