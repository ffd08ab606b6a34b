/** Bit rates of video: a cap, or the rate that leads to a requested file size. */
import { JobFailure } from '../../failures.ts'
import type { Size } from '../geometry.ts'
import { DEFAULT_FRAME_RATE } from '../edit/steps/frameRate.ts'

/**
 * Maximum size of the rate control buffer, in seconds of video at the maximum bit rate. An encoder
 * can exceed the cap by the size of the buffer.
 */
const MAX_BUFFER_SECONDS = 2
/**
 * Maximum size of the buffer as a share of the duration, so that a short file exceeds its cap by at
 * most 5 %.
 */
const BUFFER_SHARE = 0.05

export interface BitRateCap {
  kbps: number
  bufferSeconds: number
}

/** @param seconds duration of the output; null when unknown */
export function resolveCap(kbps: number | null, seconds: number | null): BitRateCap | null {
  if (kbps === null) {
    return null
  }
  const bufferSeconds = Math.min(MAX_BUFFER_SECONDS, (seconds ?? Infinity) * BUFFER_SHARE)
  return { kbps, bufferSeconds }
}

/**
 * Share of the requested size that encoders aim for. It is below 1 because they can exceed their
 * target by 1 or 2 %.
 */
const TARGET_SHARE = 0.975
/**
 * Estimated overhead of the container, in bits: 12 bytes for each video frame, 8 bytes for each of
 * 50 audio frames per second, and 2,000 bytes for the file.
 */
const OVERHEAD_BITS = { frame: 12 * 8, audioSecond: 50 * 8 * 8, file: 2_000 * 8 }
/** Estimated minimum of bits that an encoder needs for a pixel of a frame. */
const MIN_BITS_PER_PIXEL = 0.004

/**
 * Returns the video bit rate in kbit/s that leads to a file size.
 *
 * @throws JobFailure `unsupported` when the duration is unknown or zero, or the size is too small
 */
export function computeBitRateForSize(options: {
  kilobytes: number
  seconds: number | null
  size: Size
  frameRate: number | null
  audioKbps: number
}): number {
  const { kilobytes, seconds, size, audioKbps } = options
  if (seconds === null || seconds === 0) {
    throw new JobFailure(
      'unsupported',
      'The duration is unknown or zero, so no bit rate can be computed for a file size (sz). Use a quality (q) or a bit rate (br) instead.',
    )
  }
  const frameRate = options.frameRate ?? DEFAULT_FRAME_RATE
  const audioBits = audioKbps === 0 ? 0 : audioKbps * 1000 + OVERHEAD_BITS.audioSecond
  const otherBits = (audioBits + OVERHEAD_BITS.frame * frameRate) * seconds + OVERHEAD_BITS.file
  const videoBits = kilobytes * 8_000 * TARGET_SHARE - otherBits
  const minBits = MIN_BITS_PER_PIXEL * size.width * size.height * frameRate * seconds
  if (videoBits < minBits) {
    const minKilobytes = Math.ceil((minBits + otherBits) / TARGET_SHARE / 8_000)
    throw new JobFailure(
      'unsupported',
      `A size of ${kilobytes} kB (sz) is too small for ${seconds.toFixed(1)} seconds of ${size.width} by ${size.height}; the minimum is ${minKilobytes} kB. Use a larger size, a smaller frame (w, h), or less audio (ab, ac_none).`,
    )
  }
  return videoBits / seconds / 1000
}
