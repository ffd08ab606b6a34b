/** Finds wrong times in a stream: packets whose times go back, also after a jump forward. */

/** Wrong times of a stream, as far as they must be known to repair them. */
export interface TimeFault {
  /**
   * True when the frames are evenly spaced, so that every jump is wrong. If they are not, a jump
   * forward can be a pause, and only times that go back are wrong.
   */
  isEven: boolean
  /** Usual time from one frame to the next. */
  frameSeconds: number
  /** End of the last frame once the times are repaired, as a timestamp of the file. */
  endSeconds: number
}

/** A longer step between evenly spaced frames is wrong. */
export const MAX_EVEN_STEP_SECONDS = 0.5
/**
 * Times may go back by this many frames, or by MAX_EVEN_STEP_SECONDS if that is longer: packets of
 * video are in the order in which they are decoded, which is not that of their times.
 */
const MAX_REORDERED_FRAMES = 20
const MIN_PACKETS = 10
/**
 * If a larger share of the times goes back, the right times count as unknown. MIN_FAULT_LIMIT times
 * may go back in every stream.
 */
const MAX_FAULT_SHARE = 0.02
const MIN_FAULT_LIMIT = 3

/**
 * @param times of the packets, in the order of the file
 * @returns null when no time goes back, there are few packets, or the right times are unknown
 */
export function findTimeFault(times: readonly number[]): TimeFault | null {
  const intervals = listIntervals(times)
  const typical = intervals[Math.floor(intervals.length / 2)]
  if (typical === undefined || times.length < MIN_PACKETS) {
    return null
  }
  const steps = findBackwardSteps(
    times,
    Math.max(MAX_EVEN_STEP_SECONDS, MAX_REORDERED_FRAMES * typical),
  )
  if (
    steps.length === 0 ||
    steps.length > Math.max(MIN_FAULT_LIMIT, times.length * MAX_FAULT_SHARE)
  ) {
    return null
  }
  // Containers round times, so the mean of the usual intervals is more exact than one of them.
  const usual = intervals.filter((each) => each > typical / 2 && each < typical * 1.5)
  const frameSeconds = usual.reduce((sum, each) => sum + each, 0) / usual.length
  const gaps = intervals.filter((each) => each > MAX_EVEN_STEP_SECONDS)
  // A packet with a wrong time leaves a gap where it belongs, and causes another where it is.
  if (gaps.length <= 2 * steps.length) {
    const startSeconds = Math.min(...times.slice(0, MAX_REORDERED_FRAMES))
    const endSeconds = startSeconds + times.length * frameSeconds
    return { isEven: true, frameSeconds, endSeconds }
  }
  // It is unknown whether the jump before such a step was a pause or a wrong time.
  if (steps.some(({ undoesJump }) => undoesJump)) {
    return null
  }
  const shift = steps.reduce((sum, { seconds }) => sum + seconds + frameSeconds, 0)
  const endSeconds = Number(times.at(-1)) + shift + frameSeconds
  return { isEven: false, frameSeconds, endSeconds }
}

/** Returns the positive intervals between the times, the shortest first. */
function listIntervals(times: readonly number[]): number[] {
  const sorted = Float64Array.from(times).sort()
  const intervals = sorted.subarray(1).map((time, index) => time - Number(sorted[index]))
  return [...intervals.sort()].filter((each) => each > 0)
}

interface BackwardStep {
  /** Seconds by which the time goes back. */
  seconds: number
  /** True when the time is still later than the last one before the preceding jump forward. */
  undoesJump: boolean
}

function findBackwardSteps(times: readonly number[], tolerance: number): BackwardStep[] {
  const steps: BackwardStep[] = []
  let latest = Number(times[0])
  let beforeJump = Infinity
  for (const time of times) {
    if (time < latest - tolerance) {
      steps.push({ seconds: latest - time, undoesJump: time > beforeJump })
      latest = time
      beforeJump = Infinity
    } else {
      beforeJump = time > latest + tolerance ? latest : beforeJump
      latest = Math.max(latest, time)
    }
  }
  return steps
}
