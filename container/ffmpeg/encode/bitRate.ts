/** What decides on the bits of a picture: quality, a cap, or a size to come to. */
import { JobFailure } from '../../failures.ts'
import type { Size } from '../edit/geometry.ts'

/** The buffer of a cap: what the rate may run ahead by, at the most. */
const BUFFER_SECONDS = 2
/** Of the whole length, so that a short file keeps to its cap on average too. */
const BUFFER_SHARE = 0.05

export function capOf(kbps: number | null, seconds: number | null) {
  if (kbps === null) {
    return null
  }
  const bufferSeconds = Math.min(BUFFER_SECONDS, (seconds ?? Infinity) * BUFFER_SHARE)
  return { kbps, bufferSeconds }
}

/** Encoders miss by 1 or 2 %, and a file that is too large is of no use to who named its size. */
const AIM = 0.975
/** What MP4 and Matroska take for each frame and each packet of sound, in bits. */
const OVERHEAD_BITS = { frame: 12 * 8, soundSecond: 50 * 8 * 8, file: 2_000 * 8 }
/** Bits a pixel of a frame below which encoders cannot go, or what comes out is no picture. */
const MIN_BITS_A_PIXEL = 0.004

/**
 * The bit rate by which a file comes to its size.
 *
 * @throws JobFailure `unsupported` when the length is not known, or no encoder comes to that size
 */
export function rateForSize(options: {
  kilobytes: number
  seconds: number | null
  size: Size
  frameRate: number | null
  soundKbps: number
}): number {
  const { kilobytes, seconds, size, soundKbps } = options
  if (seconds === null || seconds === 0) {
    throw new JobFailure(
      'unsupported',
      'The file does not say how long it is, so it cannot be brought to a size (sz). Ask for a quality (q) or a bit rate (br).',
    )
  }
  const frameRate = options.frameRate ?? 25
  const sound = soundKbps === 0 ? 0 : soundKbps * 1000 + OVERHEAD_BITS.soundSecond
  const besides = (sound + OVERHEAD_BITS.frame * frameRate) * seconds + OVERHEAD_BITS.file
  const bits = kilobytes * 8_000 * AIM - besides
  const leastBits = MIN_BITS_A_PIXEL * size.width * size.height * frameRate * seconds
  if (bits < leastBits) {
    const least = Math.ceil((leastBits + besides) / AIM / 8_000)
    throw new JobFailure(
      'unsupported',
      `${kilobytes} kB (sz) are too little for ${seconds.toFixed(1)} seconds of ${size.width} by ${size.height}: it takes ${least} kB at the least. Ask for more, for a smaller picture (w, h), or for less sound (ab, ac_none).`,
    )
  }
  return bits / seconds / 1000
}
