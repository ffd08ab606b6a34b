/** Errors of creating jobs. */
import { quote } from '../../contract/quote.ts'
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

/** Error for a request with a destination, of which a variant has an active job without it. */
export function otherDestinationError(transformation: string) {
  return errorResult(
    'variant_busy',
    `Nothing was created: the variant ${quote(transformation)} has a job with another destination, or without one. Wait until that job has ended, or cancel it.`,
  )
}

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
