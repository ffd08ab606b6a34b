/** Errors of creating jobs. */
import { type ErrorResult, errorResult } from '../../domain/result.ts'

export type CreateJobsError = ErrorResult<
  | 'invalid_transformation'
  | 'invalid_request'
  | 'content_mismatch'
  | 'file_not_found'
  | 'queue_not_found'
  | 'queue_draining'
  | 'idempotency_conflict'
  | 'idempotency_jobs_deleted'
  | 'forbidden'
  | 'variant_busy'
  | 'cap_reached'
>

/**
 * Error for a caller that cannot see the job of the variant, since the job is in another queue. A
 * variant has at most one active job over all queues.
 */
export function variantBusyError() {
  return errorResult(
    'variant_busy',
    'This variant has a job in another queue. Request the variant again when that job has ended.',
  )
}
