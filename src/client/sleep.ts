/** Waiting, and the delays between tries. */

const FIRST_DELAY_MS = 500
const MAX_DELAY_MS = 30_000

/** Waits. @throws the reason of the signal, as soon as it aborts */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      return reject(signal.reason as Error)
    }
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/**
 * Delay before the next try: doubled for each failure, and shortened at random by up to a half, so
 * that clients do not all come back at the same moment.
 */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)) * (0.5 + random() / 2)
}
