/**
 * Compares the fields of two consecutive frames. The even lines of a frame are its top field, the
 * odd lines its bottom field.
 *
 * Fields of the same time match: a line resembles the lines above and below it. Where something
 * moves, fields of different times do not match. In progressive video, the two fields of a frame
 * match, and a field does not match the opposite field of the next frame. In interlaced video, as
 * much time passes between the two fields of a frame as between its later field and the earlier
 * field of the next frame, so both of these pairs match equally badly. The ratio of the mismatches
 * decides, so that the amount of motion and of noise matters little.
 */

/** The luma of a frame and of the next one: one byte for each pixel. */
export interface FramePair {
  frame: Uint8Array
  next: Uint8Array
  width: number
  height: number
}

/** Result of the comparison of a frame with the next one. */
export interface PairScan {
  /**
   * `tff` or `bff`: the top or the bottom field of a frame is the earlier one. `progressive`: both
   * have the same time.
   */
  type: 'tff' | 'bff' | 'progressive' | 'undetermined'
  /** The field that the next frame repeats: it changes far less than the other one. */
  repeats: 'top' | 'bottom' | 'none'
}

/** Minimum difference of luma of a pixel that counts as changed. */
const MIN_CHANGE = 12
/**
 * Minimum share of pixels that change, or are above or below one that does. Less is noise, or a
 * cursor.
 */
const MIN_CHANGED_SHARE = 0.001
/** A field counts as repeated if it changes by less than this share of the other field's change. */
const MAX_REPEATED_CHANGE = 0.4
/**
 * Minimum mismatch of the fields that are furthest apart in time, relative to that of the fields of
 * one frame. With less, too little moves.
 */
const MIN_MOTION = 1.03
/**
 * Mismatch of the later field of a frame and the earlier field of the next one, on a scale on which
 * the mismatch of the fields of one frame is 0, and that of the fields that are furthest apart in
 * time is 1. It is about 1 in progressive video, and about 0 in interlaced video.
 */
const MIN_PROGRESSIVE_MISMATCH = 0.5
const MAX_INTERLACED_MISMATCH = 0.42
/**
 * Minimum mismatch of adjacent lines in interlaced video, relative to that of adjacent lines of one
 * field. Where interlaced video moves, a line differs more from the lines of the other field.
 */
const MIN_COMBING = 0.85

export function comparePair(pair: FramePair): PairScan {
  const { changed, topChange, bottomChange, within, topLater, bottomLater, inField } = measure(pair)
  if (changed < MIN_CHANGED_SHARE * pair.width * pair.height) {
    return { type: 'undetermined', repeats: 'none' }
  }
  const [far, near] = [Math.max(topLater, bottomLater), Math.min(topLater, bottomLater)]
  const mismatch = (near - within) / (far - within)
  const combing = within / Math.max(1, inField)
  const repeats = findRepeated(topChange, bottomChange)
  if (far < within * MIN_MOTION) {
    return { type: 'undetermined', repeats }
  }
  if (repeats === 'none' && mismatch <= MAX_INTERLACED_MISMATCH && combing >= MIN_COMBING) {
    return { type: topLater < bottomLater ? 'tff' : 'bff', repeats }
  }
  const isProgressive = mismatch >= MIN_PROGRESSIVE_MISMATCH || combing < MIN_COMBING
  return { type: isProgressive ? 'progressive' : 'undetermined', repeats }
}

function findRepeated(topChange: number, bottomChange: number): PairScan['repeats'] {
  if (topChange < bottomChange * MAX_REPEATED_CHANGE) {
    return 'top'
  }
  return bottomChange < topChange * MAX_REPEATED_CHANGE ? 'bottom' : 'none'
}

interface Sums {
  /** Number of pixels that the sums include. */
  changed: number
  topChange: number
  bottomChange: number
  /** Mismatch of the two fields of a frame, for both frames together. */
  within: number
  /** Mismatch of the bottom field of the frame and the top field of the next one. */
  topLater: number
  /** Mismatch of the top field of the frame and the bottom field of the next one. */
  bottomLater: number
  /** Mismatch of adjacent lines of one field, for both frames together. */
  inField: number
}

/** Computes the sums over the pixels that change, or are above or below one that does. */
function measure({ frame, next, width, height }: FramePair): Sums {
  const top = measureLines({ frame, next, width, height }, 2)
  const bottom = measureLines({ frame, next, width, height }, 3)
  return {
    changed: top.changed + bottom.changed,
    topChange: top.change,
    bottomChange: bottom.change,
    within: top.within + bottom.within,
    topLater: 2 * (top.later + bottom.earlier),
    bottomLater: 2 * (top.earlier + bottom.later),
    inField: top.inField + bottom.inField,
  }
}

/** Sums over every second line, in local variables because there are many pixels. */
function measureLines({ frame, next, width, height }: FramePair, firstLine: number) {
  let changed = 0
  let change = 0
  let within = 0
  let later = 0
  let earlier = 0
  let inField = 0
  for (let y = firstLine; y < height - 2; y += 2) {
    for (let pixel = y * width; pixel < (y + 1) * width; pixel++) {
      const luma = frame[pixel]!
      const nextLuma = next[pixel]!
      const above = pixel - width
      const below = pixel + width
      const difference = Math.abs(luma - nextLuma)
      if (
        difference < MIN_CHANGE &&
        Math.abs(frame[above]! - next[above]!) < MIN_CHANGE &&
        Math.abs(frame[below]! - next[below]!) < MIN_CHANGE
      ) {
        continue
      }
      const around = frame[above]! + frame[below]!
      const nextAround = next[above]! + next[below]!
      changed += 1
      change += difference
      within += Math.abs(around - 2 * luma) + Math.abs(nextAround - 2 * nextLuma)
      later += Math.abs(around - 2 * nextLuma)
      earlier += Math.abs(nextAround - 2 * luma)
      inField +=
        Math.abs(frame[above - width]! + frame[below + width]! - 2 * luma) +
        Math.abs(next[above - width]! + next[below + width]! - 2 * nextLuma)
    }
  }
  return { changed, change, within, later, earlier, inField }
}
