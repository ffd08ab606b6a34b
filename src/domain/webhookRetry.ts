/** Retry policy of webhooks: when a failed delivery is tried again, and when it is given up. */

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Delays after the first, second and further failures; the last one repeats. */
const DELAYS_MS = [5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS]
const JITTER = 0.2

/** Deliveries are tried for at least this time. Then they fail, and an endpoint without a success is disabled. */
export const GIVE_UP_MS = 24 * HOUR_MS
/** A delivery is given up after at least this number of attempts. */
const MIN_ATTEMPTS = 8
/** An endpoint that fails is tried again after at most this time if it has events that were never sent. */
export const MAX_DELAY_OF_NEW_MS = 5 * MINUTE_MS

/**
 * Returns the delay after a number of failures, varied by up to ±20 %.
 *
 * @param failures at least 1
 * @param random from 0 to 1
 */
export function webhookDelayMs(failures: number, random: number): number {
  const base = DELAYS_MS[Math.min(failures, DELAYS_MS.length) - 1]!
  return Math.round(base * (1 - JITTER + 2 * JITTER * random))
}

/** @param queuedAt when the delivery was created or replayed (ms since the epoch) */
export function isGivenUp(attempts: number, queuedAt: number, now: number): boolean {
  return attempts >= MIN_ATTEMPTS && now - queuedAt >= GIVE_UP_MS
}
