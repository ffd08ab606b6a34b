/**
 * Moves the starts of chunks to shortly after key frames of the source. A chunk is decoded from the key
 * frame before it, so up to a whole group of pictures would be decoded for nothing.
 */
import type { EditedOutput } from '../edit/editedOutput.ts'
import { measureLead } from './lead.ts'

/** A chunk can be shorter by this share of its duration, and the next one longer. */
const MAX_SHIFT = 1 / 4
/** Times are rounded, so a frame more is read than necessary. */
const MARGIN_FRAMES = 1

/**
 * @param starts first frame of each chunk
 * @param options.keyframes seconds of the source: for each chunk but the first, the key frame from which it
 *   would be decoded; other lists leave all starts as they are
 */
export function alignStarts(
  starts: readonly number[],
  output: EditedOutput,
  { rate, keyframes }: { rate: number; keyframes: readonly number[] },
): number[] {
  if (keyframes.length !== starts.length - 1) {
    return [...starts]
  }
  const { trim, video } = output.files[0]
  const lead = measureLead(output) + MARGIN_FRAMES / (video?.frameRate ?? rate)
  return starts.map((start, index) => {
    const keyframe = keyframes[index - 1]
    if (keyframe === undefined) {
      return start
    }
    const seconds = (keyframe + lead - trim.startSeconds) / output.edits.speed
    const aligned = Math.ceil(seconds * rate + 0.5)
    const earliest = start - (start - starts[index - 1]!) * MAX_SHIFT
    return aligned >= earliest && aligned < start ? aligned : start
  })
}
