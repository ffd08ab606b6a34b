/**
 * Moves the starts of chunks to shortly after key frames of the source. A chunk is decoded from the key
 * frame before it, so up to a whole group of pictures would be decoded for nothing.
 */
import type { EditedOutput } from '../edit/editedOutput.ts'
import { findFileAt } from '../edit/joinedFiles.ts'
import { measureLead } from './lead.ts'

/** A chunk can be shorter by this share of its duration, and the next one longer. */
const MAX_SHIFT = 1 / 4
/** Times are rounded, so a frame more is read than necessary. */
const MARGIN_FRAMES = 1

/**
 * @param starts first frame of each chunk
 * @param options.keyframes seconds of the file in which the chunk begins: for each chunk but the first, the
 *   key frame from which it would be decoded, or null; a list of another length leaves all starts as they are
 */
export function alignStarts(
  starts: readonly number[],
  output: EditedOutput,
  { rate, keyframes }: { rate: number; keyframes: readonly (number | null)[] },
): number[] {
  if (keyframes.length !== starts.length - 1) {
    return [...starts]
  }
  return starts.map((start, index) => {
    const keyframe = keyframes[index - 1] ?? null
    if (keyframe === null) {
      return start
    }
    const file = findFileAt(output, (start - 0.5) / rate)
    const lead = measureLead(file) + MARGIN_FRAMES / (file.video?.frameRate ?? rate)
    const played = (keyframe + lead - file.trim.startSeconds) / output.edits.speed
    const aligned = Math.ceil((file.startsAt + played) * rate + 0.5)
    const earliest = start - (start - starts[index - 1]!) * MAX_SHIFT
    return aligned >= earliest && aligned < start ? aligned : start
  })
}
