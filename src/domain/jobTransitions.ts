/**
 * Status transitions of a job: for each event the statuses that allow it, and the new status. The
 * SQL statements take the new status and the allowed statuses from this table, except that
 * claimQuery.ts has its own condition for pending jobs.
 */
import { JOB_STATUSES, type JobStatus } from '../contract/jobStatus.ts'

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
  /** The file that the job waits for could not be imported. */
  failImport: { from: ['pending'], to: 'error' },
  cancel: { from: ['pending'], to: 'cancelled' },
  forceCancel: { from: ['pending', 'running'], to: 'cancelled' },
  retry: { from: ['error'], to: 'pending' },
  /** The variant is ready, but could not be exported. Only the export is repeated. */
  retryExport: { from: ['error'], to: 'running' },
} as const satisfies Record<string, { from: readonly JobStatus[]; to: JobStatus }>

interface StatusTraits {
  /** The job has not ended. A variant has at most one active job. */
  isActive: boolean
  /** The job counts against the `maxQueuedJobs` of its API key, or the maximum for visitors. */
  isQueued: boolean
}

const STATUS_TRAITS: Record<JobStatus, StatusTraits> = {
  pending: { isActive: true, isQueued: true },
  running: { isActive: true, isQueued: false },
  completed: { isActive: false, isQueued: false },
  error: { isActive: false, isQueued: false },
  cancelled: { isActive: false, isQueued: false },
}

export const ACTIVE_STATUSES = JOB_STATUSES.filter(isActive)
export const QUEUED_STATUSES = JOB_STATUSES.filter((status) => STATUS_TRAITS[status].isQueued)
/** Statuses of a job that has ended. The cleaner deletes old jobs that have one of them. */
export const FINAL_STATUSES = JOB_STATUSES.filter((status) => !isActive(status))

export function isActive(status: JobStatus): boolean {
  return STATUS_TRAITS[status].isActive
}

export type JobEvent = keyof typeof TRANSITIONS

/** Returns the status after `event`; null if the event is not allowed in the status `from`. */
export function nextStatus(from: JobStatus, event: JobEvent): JobStatus | null {
  const rule: { from: readonly JobStatus[]; to: JobStatus } = TRANSITIONS[event]
  return rule.from.includes(from) ? rule.to : null
}
