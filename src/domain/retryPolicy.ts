/** Retry policy: which failures are retried, and after which delay. */
import type { FailureCode } from '../contract/failureCode.ts'

/** False for failures that another attempt would very likely repeat. */
const IS_RETRYABLE: Record<FailureCode, boolean> = {
  input_invalid: false,
  unsupported: false,
  output_invalid: true,
  timeout: false,
  stalled: true,
  out_of_memory: true,
  out_of_disk: true,
  runner_lost: true,
  storage: true,
  internal: true,
  // Imports are retried before their jobs fail.
  import_refused: false,
  import_unavailable: false,
  import_too_large: false,
  import_changed: false,
  import_invalid: false,
  import_failed: false,
  // Exports too.
  export_refused: false,
  export_unavailable: false,
  export_failed: false,
}

/**
 * An attempt that is interrupted, for example by a shutdown of its runner, does not count, and the
 * job can be claimed again at once. After this number of interruptions, each further one counts as
 * a failed attempt, so that a job that is always interrupted ends too.
 */
export const MAX_INTERRUPTIONS = 10

const FIRST_DELAY_MS = 5_000
const DELAY_FACTOR = 4
const MAX_DELAY_MS = 3_600_000
const JITTER = 0.2

/**
 * Returns true if another attempt follows after attempt number `attempt` has failed with `code`.
 */
export function isRetried(code: FailureCode, attempt: number, maxAttempts: number): boolean {
  return IS_RETRYABLE[code] && attempt < maxAttempts
}

/**
 * Returns the delay in milliseconds after attempt number `attempt` has failed. It is 5 s, 20 s,
 * 80 s and so on, up to an hour, varied by up to ±20 % with `random` (0 to 1), so that jobs that
 * failed together are not retried together.
 */
export function retryDelayMs(attempt: number, random: number): number {
  const base = Math.min(FIRST_DELAY_MS * DELAY_FACTOR ** (attempt - 1), MAX_DELAY_MS)
  return Math.round(base * (1 - JITTER + 2 * JITTER * random))
}
