/**
 * Status transitions of a job: for each event the statuses that allow it, and the new status. The
 * guards of the SQL statements are built from this table, so no other transition is possible.
 */
import type { JobStatus } from '../contract/job.ts'

export const TRANSITIONS = {
  /** A runner claims the job. */
  claim: { from: ['pending'], to: 'running' },
  /** The output is complete and stored. */
  complete: { from: ['running'], to: 'completed' },
  /** The attempt failed, and is not retried. */
  fail: { from: ['running'], to: 'error' },
  /** The attempt failed, and is retried after a delay. */
  backOff: { from: ['running'], to: 'pending' },
  /** The attempt was interrupted, for example by a shutdown. It does not count. */
  release: { from: ['running'], to: 'pending' },
  cancel: { from: ['pending'], to: 'cancelled' },
  forceCancel: { from: ['pending', 'running'], to: 'cancelled' },
  retry: { from: ['error'], to: 'pending' },
} as const satisfies Record<string, { from: readonly JobStatus[]; to: JobStatus }>

export type JobEvent = keyof typeof TRANSITIONS

/** Returns the status after `event`; null if the event is not allowed in the status `from`. */
export function nextStatus(from: JobStatus, event: JobEvent): JobStatus | null {
  const rule: { from: readonly JobStatus[]; to: JobStatus } = TRANSITIONS[event]
  return rule.from.includes(from) ? rule.to : null
}
