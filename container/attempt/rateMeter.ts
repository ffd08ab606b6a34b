/** How fast an amount grows of late, which an average since the start hides. Knows no units. */

/** Less than this says nothing: the first reports come in bursts. */
const MIN_SECONDS = 0.3
/** What reports itself twice a second and has not done so for this long stands still. */
const SILENT_SECONDS = 1.5

export type RateMeter = ReturnType<typeof createRateMeter>

/**
 * @param startedAt when the amount was nothing, in seconds of any clock
 * @param windowSeconds how far back "of late" goes
 */
export function createRateMeter(startedAt: number, windowSeconds: number) {
  let samples = [{ at: startedAt, amount: 0 }]
  return {
    add(at: number, amount: number) {
      samples.push({ at, amount })
      // The newest of those that are too old is where the window begins.
      const first = samples.findLastIndex((each) => each.at <= at - windowSeconds)
      if (first > 0) {
        samples = samples.slice(first)
      }
    },
    /** Amount a second; null until there is something to go by. */
    at(now: number): number | null {
      const [first, last] = [samples[0]!, samples.at(-1)!]
      const until = now - last.at > SILENT_SECONDS ? now : last.at
      if (last.amount === 0 || until - first.at < MIN_SECONDS) {
        return null
      }
      return (last.amount - first.amount) / (until - first.at)
    },
  }
}
