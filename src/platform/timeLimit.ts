/** Time limits for calls of Durable Objects, which may not answer. */

/**
 * Returns what `work` returns. The work itself goes on after the limit.
 *
 * @param discardLate receives what `work` returns after the limit
 * @throws Error if `work` has not ended after `ms`
 */
export async function limitTime<T>(
  work: Promise<T>,
  ms: number,
  discardLate?: (result: T) => void,
): Promise<T> {
  let timer: number | null = null
  let isLate = false
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true
      reject(new Error(`There was no answer for ${ms} ms.`))
    }, ms)
  })
  if (discardLate) {
    // An error of `work` is thrown below, or comes too late to be of interest.
    const discard = (result: T) => isLate && discardLate(result)
    work.then(discard, () => undefined)
  }
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
