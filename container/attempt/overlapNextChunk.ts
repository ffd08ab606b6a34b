/**
 * Lets the runner begin the next chunk shortly before the current one is done. At the start of an
 * encode, ffmpeg opens and decodes the source and fills its encoder; at the end it empties it. Neither uses
 * all cores, so the end of one chunk and the start of the next fit together.
 */
import { availableMemoryBytes } from '../capabilities.ts'
import type { PlannedVariant } from './planAttempt.ts'
import type { RunningAttempt } from './types.ts'

/**
 * ffmpeg reports twice a second, and an encode reaches its full rate after about a second. While the
 * encoder is emptied, of up to 50 frames, ffmpeg reports nothing.
 */
const OVERLAP = { seconds: 1.5, frames: 60 }
/**
 * Memory of an encode for each pixel of its frames: the encoder holds some 60 frames (measured with 720p
 * and 1080p: 230 to 275 bytes for H.264, up to 300 for H.265, 230 for VP9, 330 for AV1).
 */
const BYTES_PER_PIXEL = 400
/** Share of the memory for two encodes. The rest is for the runner, and for files in memory. */
const ENCODES_SHARE = 0.75

export function overlapNextChunk(attempt: RunningAttempt, planned: PlannedVariant): void {
  const memoryBytes = availableMemoryBytes(attempt.settings)
  const encodeBytes = countPixels(planned) * BYTES_PER_PIXEL
  if (2 * encodeBytes <= memoryBytes * ENCODES_SHARE) {
    const { tracker, onAlmostDone } = attempt
    tracker.callBeforeEnd({ ...OVERLAP, call: onAlmostDone })
  }
}

/** Pixels of a frame of each track, or of the source if that has more. */
function countPixels({ context, plan }: PlannedVariant): number {
  const sizes = plan.stream
    ? plan.stream.tracks.map(({ video }) => video?.size)
    : [plan.expect?.size]
  const pixels = sizes.reduce((sum, size) => sum + (size ? size.width * size.height : 0), 0)
  const source = context.source.probe.video?.upright
  return Math.max(pixels, source ? source.width * source.height : 0)
}
