/** Finds wrong times in a stream: packets whose times go back, or jump far forward. */

import { z } from 'zod'

/** Wrong times of a stream, as far as they must be known to repair them. */
export const timeFault = z.object({
  /** A longer step from one frame to the next is wrong. */
  maxStepSeconds: z.number(),
  /** Usual time from one frame to the next. */
  frameSeconds: z.number(),
  /** End of the last frame once the times are repaired, as a timestamp of the file. */
  endSeconds: z.number(),
})
export type TimeFault = z.infer<typeof timeFault>

/** A longer step between evenly spaced frames is wrong. */
export const MAX_EVEN_STEP_SECONDS = 0.5
/**
 * Times may go back by this many frames, or by MAX_EVEN_STEP_SECONDS if that is longer: packets of
 * video are in the order in which they are decoded, which is not that of their times.
 */
const MAX_REORDERED_FRAMES = 20
const MIN_PACKETS = 10
/**
 * If a larger share of the times goes back or jumps, the right times count as unknown.
 * MIN_FAULT_LIMIT times may do so in every stream.
 */
const MAX_FAULT_SHARE = 0.02
const MIN_FAULT_LIMIT = 3

/**
 * A longer time in which no stream has a packet is a jump of the clock. The clock of MPEG streams may
 * begin anew at any time, as that of a broadcast does when the programme changes.
 */
const MAX_PAUSE_SECONDS = { mpeg: 10, other: 600 }

export function findMaxPause({ durationIsDeclared }: { durationIsDeclared: boolean }): number {
  return durationIsDeclared ? MAX_PAUSE_SECONDS.other : MAX_PAUSE_SECONDS.mpeg
}

/** The streams of a file stop and continue at times that differ by at most so much. */
const MAX_OFFSET_SECONDS = 2

/** Tells pauses from jumps of the clock. */
export interface PauseRule {
  /** A longer step forward is a jump, unless `hasPackets`. */
  maxSeconds: number
  /** Returns true if a stream of the file has packets between two times. */
  hasPackets: (from: number, to: number) => boolean
}

/**
 * @param times of the packets, in the order of the file
 * @returns null when no time goes back or jumps, there are few packets, or the right times are unknown
 */
export function findTimeFault(times: readonly number[], pauses: PauseRule): TimeFault | null {
  const typical = findMedian(takeSamples(times).flatMap(listIntervals))
  if (typical === null || times.length < MIN_PACKETS) {
    return null
  }
  const tolerance = Math.max(MAX_EVEN_STEP_SECONDS, MAX_REORDERED_FRAMES * typical)
  const { back, jumps, parts } = findSteps(times, tolerance, pauses)
  const count = back.length + jumps
  if (count === 0 || count > Math.max(MIN_FAULT_LIMIT, times.length * MAX_FAULT_SHARE)) {
    return null
  }
  const intervals = parts.flatMap(listIntervals)
  // Containers round times, so the mean of the usual intervals is more exact than one of them.
  const usual = intervals.filter((each) => each > typical / 2 && each < typical * 1.5)
  const frameSeconds = usual.reduce((sum, each) => sum + each, 0) / usual.length
  const gaps = intervals.filter((each) => each > MAX_EVEN_STEP_SECONDS)
  // A packet with a wrong time leaves a gap where it belongs, and causes another where it is.
  const isEven = gaps.length <= 2 * count
  // It is unknown whether the jump before such a step was a pause or a wrong time.
  if (!isEven && back.some(({ undoesJump }) => undoesJump)) {
    return null
  }
  const maxStepSeconds = isEven ? MAX_EVEN_STEP_SECONDS : pauses.maxSeconds
  // Not all packets of MPEG streams have a time, so the intervals are added up. The repair replaces a
  // longer step by one frame, and continues each part a frame after the one before it.
  const duration =
    parts.length * frameSeconds +
    intervals.reduce((sum, each) => sum + (each > maxStepSeconds ? frameSeconds : each), 0)
  const endSeconds = Math.min(...times.slice(0, MAX_REORDERED_FRAMES)) + duration
  return { maxStepSeconds, frameSeconds, endSeconds }
}

/** Times of so many packets are sorted together, to find the intervals before jumps are known. */
const SORTED_PACKETS = 25
const MAX_SAMPLES = 1_000

/** Returns the times of groups of packets that follow each other, from the whole stream. */
function takeSamples(times: readonly number[]): number[][] {
  const groups = Math.ceil(times.length / SORTED_PACKETS)
  const distance = Math.ceil(groups / MAX_SAMPLES) * SORTED_PACKETS
  return Array.from({ length: Math.ceil(times.length / distance) }, (_, index) =>
    times.slice(index * distance, index * distance + SORTED_PACKETS),
  )
}

/** Returns the positive intervals between the times. */
function listIntervals(times: readonly number[]): number[] {
  const sorted = Float64Array.from(times).sort()
  const intervals: number[] = []
  for (let index = 1; index < sorted.length; index++) {
    const interval = Number(sorted[index]) - Number(sorted[index - 1])
    if (interval > 0) {
      intervals.push(interval)
    }
  }
  return intervals
}

function findMedian(values: readonly number[]): number | null {
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)] ?? null
}

interface Steps {
  /**
   * Steps back. `undoesJump` is true when the time is still later than the last one before the
   * preceding jump forward.
   */
  back: { undoesJump: boolean }[]
  /** Number of steps forward that are no pauses. */
  jumps: number
  /** The times between these steps. */
  parts: number[][]
}

function findSteps(times: readonly number[], tolerance: number, pauses: PauseRule): Steps {
  const steps: Steps = { back: [], jumps: 0, parts: [] }
  let latest = Number(times[0])
  let beforeJump = Infinity
  let partStart = 0
  times.forEach((time, index) => {
    const step = time - latest
    const isBack = step < -tolerance
    const isJump = step > pauses.maxSeconds && !isPause(latest, time, pauses)
    if (isBack) {
      steps.back.push({ undoesJump: time > beforeJump })
    } else if (isJump) {
      steps.jumps += 1
    }
    if (isBack || isJump) {
      steps.parts.push(times.slice(partStart, index))
      partStart = index
    }
    beforeJump = isBack ? Infinity : step > tolerance ? latest : beforeJump
    latest = isBack ? time : Math.max(latest, time)
  })
  steps.parts.push(times.slice(partStart))
  return steps
}

function isPause(from: number, to: number, { hasPackets }: PauseRule): boolean {
  return hasPackets(from + MAX_OFFSET_SECONDS, to - MAX_OFFSET_SECONDS)
}
