/** The header `Retry-After` of the servers that the service sends requests to. */

/** It is honoured up to this time. */
const MAX_RETRY_AFTER_MS = 2 * 3_600_000

/** Reads the header `Retry-After`: seconds or a date. Returns milliseconds; null if it is not valid. */
export function readRetryAfter(value: string | null, now: number): number | null {
  if (value === null || value.trim() === '') {
    return null
  }
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS)
}
