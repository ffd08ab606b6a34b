/** Decides from sampled frames whether a video is progressive, interlaced or telecined. */
import { z } from 'zod'
import type { PairScan } from './compareFields.ts'

const fieldOrder = z.enum(['tff', 'bff'])
export type FieldOrder = z.infer<typeof fieldOrder>

/**
 * The way in which the frames of a video were made. In an `interlaced` video, the two fields of a
 * frame have different times. A `telecine` video shows film with 24 frames per second: 3:2 pulldown
 * spreads four frames of film over the ten fields of five video frames. Some video frames then have
 * fields of two film frames.
 */
export const scan = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progressive') }),
  z.object({ type: z.enum(['interlaced', 'telecine']), fieldOrder }),
])
export type Scan = z.infer<typeof scan>

/** Frames of film for each frame of telecined video. */
export const PULLDOWN_RATIO = 4 / 5

/** The pairs of consecutive frames in a window of the video, in their order. */
type Window = readonly PairScan[]

/** Minimum number of interlaced pairs in an interlaced window. */
const MIN_INTERLACED = 6
/** In a window of fewer pairs, all must be interlaced, and there must be at least this many. */
const MIN_INTERLACED_OF_FEW = 3
/** Minimum share of interlaced pairs, among those in which something moves. */
const MIN_INTERLACED_SHARE = 0.4
/** Maximum number of pairs with the other field order, as a share of those with the main one. */
const MAX_OTHER_ORDER = 0.15
/** Minimum number of progressive pairs in a progressive video. */
const MIN_PROGRESSIVE = 16
/**
 * Maximum number of interlaced pairs in a progressive video, as a share of the progressive ones.
 */
const MAX_INTERLACED_OF_PROGRESSIVE = 0.05

/**
 * Number of frames after which the pattern of 3:2 pulldown repeats. In each such period, the top
 * field is repeated once, and the bottom field once.
 */
const PERIOD = 5
/** Minimum number of repeats of each field in a telecined window. */
const MIN_REPEATS = 3
/** Minimum share of the distances between repeats of a field that are a whole number of periods. */
const MIN_PERIODIC_SHARE = 0.7
/** Maximum share of repeats of a field among the pairs in which something moves. Film has 0.2. */
const MAX_REPEATS_SHARE = 0.35

/**
 * @param options.hasTelecineRate true for a frame rate that 3:2 pulldown makes: 29.97 or 30
 * @returns null when the pairs do not show what the video is, for example because nothing moves
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
    const gaps = places.slice(1).map((place, index) => place - places[index]!)
    const periodic = gaps.filter((gap) => gap % PERIOD === 0).length
    return (
      places.length >= MIN_REPEATS &&
      places.length <= moving * MAX_REPEATS_SHARE &&
      periodic >= gaps.length * MIN_PERIODIC_SHARE
    )
  })
}

/**
 * Returns the order of the fields: the first one is repeated one or two frames before the other
 * one, which is repeated three or four frames before the first one is again.
 */
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

/** Returns the positions in the window at which a field is repeated. */
function listRepeats(window: Window, field: PairScan['repeats']): number[] {
  return window.flatMap(({ repeats }, index) => (repeats === field ? [index] : []))
}
