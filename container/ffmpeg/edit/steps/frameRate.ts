/** Edit step: makes the frame rate constant where the output needs one. */
import type { FileVideo } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'

/**
 * Maximum for rates that are not requested. A source with a higher rate is often one for which
 * ffprobe reports the time base as the frame rate.
 */
export const MAX_FRAME_RATE = 120
/** Assumed when the source does not state its rate. */
export const DEFAULT_FRAME_RATE = 25

export function convertFrameRate({ frameRateFilters }: FileVideo): readonly string[] {
  return frameRateFilters
}

export function frameRateFilter(frameRate: number): string {
  return `fps=${formatDecimal(frameRate, 6)}`
}

/**
 * Returns the constant frame rate to convert to, in frames per second.
 *
 * @param options.source the rate of the first file; null when unknown
 * @returns null when the frame rate is not converted: frames keep their times, even if the rate
 *   varies
 */
export function resolveFrameRate(options: {
  requested: number | null
  source: number | null
  speed: number
  isJoined: boolean
}): number | null {
  const { requested, source, speed, isJoined } = options
  if (requested !== null) {
    return requested
  }
  if (isJoined) {
    return Math.min(source ?? DEFAULT_FRAME_RATE, MAX_FRAME_RATE)
  }
  if (source === null) {
    return null
  }
  // The rate of the source is kept. Otherwise a faster video could have more frames per second than
  // players can show.
  if (speed > 1) {
    return Math.min(source, MAX_FRAME_RATE)
  }
  const played = source * speed
  // From ffmpeg 7 on, slowed frames have no duration, and an MP4 file would lose the last one.
  if (speed < 1) {
    return Math.min(played, MAX_FRAME_RATE)
  }
  return played > MAX_FRAME_RATE ? MAX_FRAME_RATE : null
}

/**
 * Returns a frame rate as a number and in ffmpeg's notation, limited to 1 to 120. A rate near a
 * whole number, or near an NTSC rate such as 30000/1001, becomes exactly that rate.
 */
export function toExactFrameRate(frameRate: number | null): { value: number; text: string } {
  const rate = Math.min(MAX_FRAME_RATE, Math.max(1, frameRate ?? DEFAULT_FRAME_RATE))
  const rounded = Math.round(rate)
  if (Math.abs(rate - rounded) < 1e-3) {
    return { value: rounded, text: String(rounded) }
  }
  const ntsc = (rounded * 1000) / 1001
  if (Math.abs(rate - ntsc) < 2e-3) {
    return { value: ntsc, text: `${rounded}000/1001` }
  }
  const value = Math.round(rate * 1000) / 1000
  return { value, text: String(value) }
}
