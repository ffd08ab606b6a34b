/** Fetches that have not ended, so that what one attempt is fetching is not fetched by another one. */
import { waitUnlessAborted } from './abortable.ts'

export type PendingFetches<Key, Result> = ReturnType<typeof createPendingFetches<Key, Result>>

export function createPendingFetches<Key, Result>() {
  /** By what they fetch. Null is the result of a fetch that fails. */
  const pending = new Map<Key, Promise<Result | null>>()

  return {
    has: (key: Key) => pending.has(key),

    /**
     * Waits for the fetch of `key`. While it waits for one that fails, another one may begin.
     *
     * @returns null if `key` is not being fetched, or if the fetch fails
     * @throws the reason of the signal, if it aborts first
     */
    async wait(key: Key, signal: AbortSignal): Promise<Result | null> {
      const fetching = pending.get(key)
      return fetching ? waitUnlessAborted(fetching, signal) : null
    },

    /** Lets others wait for a fetch, under each of the keys, until it ends. Returns its result. */
    async share(keys: readonly Key[], fetching: Promise<Result>): Promise<Result> {
      const resultOrNull = fetching.catch(() => null)
      keys.forEach((key) => pending.set(key, resultOrNull))
      try {
        return await fetching
      } finally {
        keys.forEach((key) => pending.delete(key))
      }
    },
  }
}
