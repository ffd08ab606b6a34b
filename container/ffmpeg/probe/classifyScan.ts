/** Decides from the frames that were looked at whether a video is interlaced or telecined. */
import type { PairScan } from './compareFields.ts'

export type FieldOrder = 'tff' | 'bff'

/**
 * How the frames of a video were made. `interlaced`: each has two fields of different times.
 * `telecine`: film with 24 frames per second, of which five fields show two frames (3:2 pulldown), so
 * that two of five frames have fields of different times.
 */
export type Scan =
  { type: 'progressive' } | { type: 'interlaced' | 'telecine'; fieldOrder: FieldOrder }

/** Frames of film for each frame of telecined video. */
export const PULLDOWN_RATIO = 4 / 5

/** Pairs of frames, for each frame of a window and the next one. */
type Window = readonly PairScan[]

/** Interlaced pairs that a window needs. */
const MIN_INTERLACED = 6
/** The same for a window of fewer pairs, all of which have to be interlaced. */
const MIN_INTERLACED_OF_FEW = 3
/** Minimum share of interlaced pairs, among those in which something moves. */
const MIN_INTERLACED_SHARE = 0.4
/** Maximum share of pairs of the other field order, which a video does not have. */
const MAX_OTHER_ORDER = 0.15
/** Progressive pairs from which a video that declares itself as interlaced is not. */
const MIN_PROGRESSIVE = 16
const MAX_INTERLACED_OF_PROGRESSIVE = 0.05

/** Frames of 3:2 pulldown after which it repeats itself. Each field is repeated once in them. */
const PERIOD = 5
const MIN_REPEATS = 3
/** Share of the repeats of a field that follow the one before by a whole number of periods. */
const MIN_PERIODIC_SHARE = 0.7
/** Maximum share of repeats of a field among the pairs in which something moves; 0.2 by the period. */
const MAX_REPEATS_SHARE = 0.35

/**
 * @param hasTelecineRate true for 30 frames per second, which pulldown makes of 24
 * @returns null when too little moves to tell
 */
export function classifyScan(
  windows: readonly Window[],
  { hasTelecineRate }: { hasTelecineRate: boolean },
): Scan | null {
  const all = windows.flat()
  const fieldOrder = count(all, 'tff') >= count(all, 'bff') ? 'tff' : 'bff'
  const interlaced = windows.filter((each) => isInterlaced(each, fieldOrder))
  const telecined = windows.filter((each) => hasTelecineRate && isTelecined(each))
  if (telecined.length > interlaced.length) {
    return { type: 'telecine', fieldOrder: findPulldownOrder(telecined) }
  }
  if (interlaced.length > 0) {
    return { type: 'interlaced', fieldOrder }
  }
  const others = count(all, 'tff') + count(all, 'bff')
  const progressive = count(all, 'progressive')
  return progressive >= MIN_PROGRESSIVE && others <= progressive * MAX_INTERLACED_OF_PROGRESSIVE
    ? { type: 'progressive' }
    : null
}

/** Returns the number of pairs in which something moves. */
export function countMoving(windows: readonly Window[]): number {
  const all = windows.flat()
  return all.filter(isMoving).length
}

function isMoving({ type, repeats }: PairScan): boolean {
  return type !== 'undetermined' || repeats !== 'none'
}

function count(pairs: Window, type: PairScan['type']): number {
  return pairs.filter((each) => each.type === type).length
}

function isInterlaced(window: Window, order: FieldOrder): boolean {
  const interlaced = count(window, order)
  const others = count(window, order === 'tff' ? 'bff' : 'tff')
  return (
    interlaced >= Math.min(MIN_INTERLACED, Math.max(MIN_INTERLACED_OF_FEW, window.length)) &&
    interlaced >= countMoving([window]) * MIN_INTERLACED_SHARE &&
    others <= interlaced * MAX_OTHER_ORDER
  )
}

/** True when both fields are repeated regularly, each once in a period. */
function isTelecined(window: Window): boolean {
  const moving = countMoving([window])
  return (['top', 'bottom'] as const).every((field) => {
    const places = listRepeats(window, field)
    const gaps = places.slice(1).map((place, at) => place - places[at]!)
    const periodic = gaps.filter((gap) => gap % PERIOD === 0).length
    return (
      places.length >= MIN_REPEATS &&
      places.length <= moving * MAX_REPEATS_SHARE &&
      periodic >= gaps.length * MIN_PERIODIC_SHARE
    )
  })
}

/** The first field is repeated one or two frames before the other one, and three or four after it. */
function findPulldownOrder(windows: readonly Window[]): FieldOrder {
  const gaps = windows.flatMap((window) => {
    const bottom = listRepeats(window, 'bottom')
    return listRepeats(window, 'top').flatMap((place) => {
      const next = bottom.find((each) => each > place)
      return next === undefined ? [] : [(next - place) % PERIOD]
    })
  })
  const isTopFirst = (gap: number) => gap > 0 && gap <= PERIOD / 2
  return gaps.filter(isTopFirst).length * 2 >= gaps.length ? 'tff' : 'bff'
}

function listRepeats(window: Window, field: PairScan['repeats']): number[] {
  return window.flatMap(({ repeats }, at) => (repeats === field ? [at] : []))
}
