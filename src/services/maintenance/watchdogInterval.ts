/** Interval of the watchdog while jobs run, short enough to notice a pause of the Worker. */

/**
 * A round that is later than this could not run when it was due. An alarm of a busy hub can be late
 * by a second.
 */
export const MAX_LATENESS_MS = 2_000

const MAX_INTERVAL_MS = 8_000
/** A runner reports once a second. */
const REPORT_INTERVAL_MS = 1_000

/**
 * Returns when the next round is due (ms since the epoch) while jobs with leases of this duration
 * run. A pause that is long enough for a lease to expire also makes the round later than
 * MAX_LATENESS_MS.
 */
export function nextRoundTime(leaseSeconds: number): number {
  const noticingIntervalMs = leaseSeconds * 1_000 - REPORT_INTERVAL_MS - MAX_LATENESS_MS
  return Date.now() + Math.min(MAX_INTERVAL_MS, noticingIntervalMs)
}
