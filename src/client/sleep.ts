/** Waiting, and tries after temporary errors. */
import { isOffline, onOnline } from './network.ts'
import { ReelqueueError } from './ReelqueueError.ts'
import { readReason } from './signals.ts'

const FIRST_DELAY_MS = 500
const MAX_DELAY_MS = 30_000

/**
 * Waits; less if the network is available again before.
 *
 * @throws the reason of the signal, as soon as it aborts
 */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      return reject(readReason(signal))
    }
    const end = () => {
      clearTimeout(timer)
      stopListening()
      signal?.removeEventListener('abort', abort)
    }
    const wake = () => {
      end()
      resolve()
    }
    const abort = () => {
      end()
      reject(readReason(signal!))
    }
    const timer = setTimeout(wake, milliseconds)
    const stopListening = onOnline(wake)
    signal?.addEventListener('abort', abort)
  })
}

/**
 * Delay before the next try: doubled for each failure, and shortened at random by up to a half, so
 * that clients do not all come back at the same moment.
 */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)) * (0.5 + random() / 2)
}

/**
 * Repeats an operation after temporary errors. Tries without a network are not counted.
 *
 * @throws any other error, and the error of the last try
 */
export async function retryTemporary<Result>(
  operation: () => Promise<Result>,
  { signal, maxTries = Infinity }: { signal?: AbortSignal | undefined; maxTries?: number },
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await operation()
    } catch (error) {
      const isTemporary = error instanceof ReelqueueError && error.isTemporary
      if (!isTemporary || (tries >= maxTries && !isOffline())) {
        throw error
      }
      await sleep(Math.max(backoffMs(tries), (error.retryAfterSeconds ?? 0) * 1_000), signal)
    }
  }
}
