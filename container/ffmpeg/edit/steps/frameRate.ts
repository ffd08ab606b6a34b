/** Edit step: makes the frame rate constant where the output needs one. */
import type { FileVideo } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'

/** A higher rate of a source is not real: ffprobe then reports its time base as the frame rate. */
export const MAX_FRAME_RATE = 120
/** Assumed when the source does not state its rate. */
export const DEFAULT_FRAME_RATE = 25

export function convertFrameRate({ frameRateFilter }: FileVideo): string[] {
  return frameRateFilter === null ? [] : [frameRateFilter]
}

export function frameRateFilter(frameRate: number): string {
  return `fps=${formatDecimal(frameRate, 6)}`
}

/**
 * Decides on the rate that frames are converted to, in frames a second.
 *
 * @param options.source the rate of the first file; null when unknown
 * @returns null when frames keep their times, so that a variable rate stays in sync with the audio
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
  // Otherwise, a faster video would have more frames a second than players can show.
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
