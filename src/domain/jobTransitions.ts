/**
 * The life of a job: which event leads from which states to which. The SQL guards of every
 * change are derived from this table, so it is the only place where a transition is allowed.
 */
import type { FailureCode } from '../contract/failureCode.ts'
import type { JobStatus } from '../contract/job.ts'

export const TRANSITIONS = {
  /** A runner takes the job. */
  claim: { from: ['pending'], to: 'running' },
  /** Its output is whole and in place. */
  complete: { from: ['running'], to: 'completed' },
  /** It failed for good. */
  fail: { from: ['running'], to: 'error' },
  /** It failed with attempts left and waits for the next one. */
  backOff: { from: ['running'], to: 'pending' },
  /** It was interrupted through no fault of its own; the attempt does not count. */
  release: { from: ['running'], to: 'pending' },
  cancel: { from: ['pending'], to: 'cancelled' },
  forceCancel: { from: ['pending', 'running'], to: 'cancelled' },
  retry: { from: ['error'], to: 'pending' },
} as const satisfies Record<string, { from: readonly JobStatus[]; to: JobStatus }>

export type JobEvent = keyof typeof TRANSITIONS

/** The state after `event`, or null when the event is not allowed in `from`. */
export function transition(from: JobStatus, event: JobEvent): JobStatus | null {
  const rule: { from: readonly JobStatus[]; to: JobStatus } = TRANSITIONS[event]
  return rule.from.includes(from) ? rule.to : null
}

/** Failures that a second try can help. The others are true of the file or of the request. */
const RETRYABLE: Record<FailureCode, boolean> = {
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
}

const FIRST_BACKOFF_MS = 5_000
const BACKOFF_FACTOR = 4
const MAX_BACKOFF_MS = 3_600_000

/**
 * How long a job waits after its `attempt`-th try failed, in milliseconds: 5 s, 20 s, 80 s… up to
 * an hour, each ±20 % by `random` (0 to 1) so that jobs that failed together do not return together.
 */
export function backoffMs(attempt: number, random: number): number {
  const base = Math.min(FIRST_BACKOFF_MS * BACKOFF_FACTOR ** (attempt - 1), MAX_BACKOFF_MS)
  return Math.round(base * (0.8 + 0.4 * random))
}

/** Whether a job that failed with `code` on its `attempt`-th try is tried again. */
export function triesAgain(code: FailureCode, attempt: number, maxAttempts: number): boolean {
  return RETRYABLE[code] && attempt < maxAttempts
}
