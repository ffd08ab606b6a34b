/** Delays between tries to reach the gateway. The caller decides which requests are retried. */
import { setTimeout as delay } from 'node:timers/promises'

const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 5_000

/**
 * Delay before the next try: 250 ms, doubled for each failure up to 5 s, then shortened at random
 * by up to a half. The random part keeps runners from reconnecting all at the same moment.
 *
 * @param failures number of failed tries, at least 1
 * @returns milliseconds
 */
export function reconnectDelayMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1))
  return full * (0.5 + random() / 2)
}

/** Waits. @throws the reason of the signal, as soon as it aborts */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  try {
    await delay(milliseconds, undefined, { signal })
  } catch (error) {
    // Node.js rejects with an AbortError of its own.
    signal.throwIfAborted()
    throw error
  }
}
