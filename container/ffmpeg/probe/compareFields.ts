/**
 * Compares the fields of consecutive frames: the even lines (top) and the odd lines (bottom).
 *
 * Lines of one time fit together, and lines of different times do not where something moves. In progressive
 * video both fields of a frame fit, and a field does not fit the other field of the next frame. In
 * interlaced video the fields of a frame fit as badly as the later one and the earlier one of the
 * next frame. The comparison of the two does not depend on how much moves, nor on noise.
 */

/** A frame and the next one, of luma. */
export interface FramePair {
  frame: Uint8Array
  next: Uint8Array
  width: number
  height: number
}

/** What a frame and the next one show. */
export interface PairScan {
  /** The field that is earlier (top or bottom), or that both are of one time. */
  type: 'tff' | 'bff' | 'progressive' | 'undetermined'
  /** The field that does not change although the other one does. */
  repeats: 'top' | 'bottom' | 'none'
}

/** Difference of luma from which a pixel has changed. */
const MIN_CHANGE = 12
/** Share of the pixels that have to change: less is noise, or a cursor. */
const MIN_CHANGED_SHARE = 0.001
/** A field with less than this share of the change of the other one is repeated. */
const MAX_REPEATED_CHANGE = 0.4
/** The fields of a pair have to differ by this factor more than those of one frame. */
const MIN_MOTION = 1.03
/**
 * Mismatch of the fields that are nearest to each other in two frames, relative to that of the
 * fields of one frame: 1 in progressive video, 0 or below in interlaced video.
 */
const MIN_PROGRESSIVE_MISMATCH = 0.5
const MAX_INTERLACED_MISMATCH = 0.42
/**
 * Mismatch of adjacent lines relative to that of adjacent lines of a field. In interlaced video that
 * moves, adjacent lines differ more.
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
  /** Number of pixels. */
  changed: number
  topChange: number
  bottomChange: number
  /** Mismatch of the fields of each of the two frames. */
  within: number
  /** Mismatch of the bottom field of the frame and the top field of the next one. */
  topLater: number
  /** Mismatch of the top field of the frame and the bottom field of the next one. */
  bottomLater: number
  /** Mismatch of adjacent lines of each field. */
  inField: number
}

/** Sums over the pixels that change, or that have a neighbour above or below that does. */
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

/** Sums over every second line. Local variables, because there are millions of pixels. */
function measureLines({ frame, next, width, height }: FramePair, firstLine: number) {
  let changed = 0
  let change = 0
  let within = 0
  let later = 0
  let earlier = 0
  let inField = 0
  for (let y = firstLine; y < height - 2; y += 2) {
    for (let at = y * width; at < (y + 1) * width; at++) {
      const a = frame[at]!
      const b = next[at]!
      const above = at - width
      const below = at + width
      const difference = Math.abs(a - b)
      if (
        difference < MIN_CHANGE &&
        Math.abs(frame[above]! - next[above]!) < MIN_CHANGE &&
        Math.abs(frame[below]! - next[below]!) < MIN_CHANGE
      ) {
        continue
      }
      const aroundA = frame[above]! + frame[below]!
      const aroundB = next[above]! + next[below]!
      changed += 1
      change += difference
      within += Math.abs(aroundA - 2 * a) + Math.abs(aroundB - 2 * b)
      later += Math.abs(aroundA - 2 * b)
      earlier += Math.abs(aroundB - 2 * a)
      inField +=
        Math.abs(frame[above - width]! + frame[below + width]! - 2 * a) +
        Math.abs(next[above - width]! + next[below + width]! - 2 * b)
    }
  }
  return { changed, change, within, later, earlier, inField }
}
