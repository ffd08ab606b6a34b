/** How long to wait before trying again. Owns delays only; who retries, and what, is the caller's. */
import { setTimeout as wait } from 'node:timers/promises'

const FIRST_MS = 250
const LONGEST_MS = 5_000

/**
 * Delay before try `failures + 1`: 250 ms doubling to 5 s, of which a random half is taken off,
 * so that many runners that lost the gateway together do not come back together.
 *
 * @param failures how many tries have failed so far, 1 or more
 * @returns milliseconds
 */
export function reconnectDelayMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
  return full * (0.5 + random() / 2)
}

/** Waits, or rejects with the signal's own reason as soon as it aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  try {
    await wait(milliseconds, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
