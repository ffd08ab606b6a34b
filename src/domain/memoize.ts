/** Keeps results of pure functions of a text, for texts that many requests have in common. */

/** A text has up to 2,000 characters, so that one memory takes a few megabytes at most. */
const MAX_RESULTS = 1_000

/**
 * Returns a function that computes the result for a text once. Results are shared, so nobody may
 * change them. An error that `compute` throws is not kept.
 */
export function memoize<Result>(compute: (text: string) => Result): (text: string) => Result {
  const results = new Map<string, Result>()
  return (text) => {
    const known = results.get(text)
    if (known !== undefined) {
      return known
    }
    const result = compute(text)
    if (results.size >= MAX_RESULTS) {
      results.clear()
    }
    results.set(text, result)
    return result
  }
}
