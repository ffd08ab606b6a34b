/**
 * Status changes of a job: which event leads from which statuses to which. The guards of the SQL
 * statements are built from this table, so no other transition is possible.
 */
import type { JobStatus } from '../contract/job.ts'

export const TRANSITIONS = {
  /** A runner takes the job. */
  claim: { from: ['pending'], to: 'running' },
  /** The output is complete and stored. */
  complete: { from: ['running'], to: 'completed' },
  /** The attempt failed, and is not retried. */
  fail: { from: ['running'], to: 'error' },
  /** The attempt failed, and is retried after a delay. */
  backOff: { from: ['running'], to: 'pending' },
  /** The attempt was interrupted, not by a failure of the job; it does not count. */
  release: { from: ['running'], to: 'pending' },
  cancel: { from: ['pending'], to: 'cancelled' },
  forceCancel: { from: ['pending', 'running'], to: 'cancelled' },
  retry: { from: ['error'], to: 'pending' },
} as const satisfies Record<string, { from: readonly JobStatus[]; to: JobStatus }>

export type JobEvent = keyof typeof TRANSITIONS

/** The status after `event`; null if the event is not allowed in the status `from`. */
export function nextStatus(from: JobStatus, event: JobEvent): JobStatus | null {
  const rule: { from: readonly JobStatus[]; to: JobStatus } = TRANSITIONS[event]
  return rule.from.includes(from) ? rule.to : null
}
