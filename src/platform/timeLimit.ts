/** Time limits for calls of Durable Objects, which may not answer. */

/**
 * Returns what `work` returns. The work itself goes on after the limit.
 *
 * @throws Error if `work` has not ended after `ms`
 */
export async function limitTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: number | null = null
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`There was no answer for ${ms} ms.`)), ms)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
