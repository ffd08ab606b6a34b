/** Measures how fast an amount grows over the last few seconds, in any unit. */

/** Minimum time for a measurement, because the first reports arrive in bursts. */
const MIN_SPAN_SECONDS = 0.3
/**
 * ffmpeg reports its progress twice a second. After this long without a report, the rate begins to
 * fall.
 */
const MAX_SILENCE_SECONDS = 1.5

export type RateMeter = ReturnType<typeof createRateMeter>

/**
 * @param startedAt time at which the amount was 0, in seconds of any clock
 * @param windowSeconds time over which the rate is measured
 */
export function createRateMeter(startedAt: number, windowSeconds: number) {
  let samples = [{ at: startedAt, amount: 0 }]
  return {
    add(at: number, amount: number) {
      samples.push({ at, amount })
      // Drops older samples, but keeps one from before the window as its start.
      const first = samples.findLastIndex((sample) => sample.at <= at - windowSeconds)
      if (first > 0) {
        samples = samples.slice(first)
      }
    },
    /** Amount per second; null until it can be measured. */
    at(now: number): number | null {
      const [first, last] = [samples[0]!, samples.at(-1)!]
      const end = now - last.at > MAX_SILENCE_SECONDS ? now : last.at
      if (last.amount === 0 || end - first.at < MIN_SPAN_SECONDS) {
        return null
      }
      return (last.amount - first.amount) / (end - first.at)
    },
  }
}
