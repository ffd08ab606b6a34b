/**
 * Lets the runner begin the next chunk before the current one is done. At the start of an encode, ffmpeg
 * opens and decodes the source and fills its encoder; at the end it empties it. Neither uses all cores,
 * so the end of one chunk and the start of the next fit together. One encode does not use several cores
 * fully in between either, because ffmpeg reads, filters and writes in one thread: with several cores, the
 * next chunk begins when half of the current one is made, if there are enough for the other runners.
 */
import { availableMemoryBytes, countCores } from '../capabilities.ts'
import type { PlannedVariant } from './planAttempt.ts'
import type { RunningAttempt } from './types.ts'

/**
 * ffmpeg reports twice a second, and an encode reaches its full rate after about a second. While the
 * encoder is emptied, of up to 50 frames, ffmpeg reports nothing.
 */
const ALMOST_DONE = { seconds: 1.5, frames: 60 }
/**
 * On one core, two encodes take turns, and each takes 3 to 5 % more processor time (measured), because it finds less
 * in the caches. Claiming a chunk, opening its source and starting ffmpeg takes less than this.
 */
const ALMOST_DONE_ON_ONE_CORE = { seconds: 1, frames: 40 }
const HALF_DONE = { share: 0.5 }
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
    const { tracker, onHalfDone, onAlmostDone } = attempt
    const hasSeveralCores = countCores(attempt.settings) > 1
    if (hasSeveralCores) {
      tracker.callBeforeEnd({ left: HALF_DONE, call: onHalfDone })
    }
    const left = hasSeveralCores ? ALMOST_DONE : ALMOST_DONE_ON_ONE_CORE
    tracker.callBeforeEnd({ left, call: onAlmostDone })
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
