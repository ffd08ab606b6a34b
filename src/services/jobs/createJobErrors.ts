/** Errors of creating jobs. */
import { type ErrorResult, errorResult } from '../../domain/result.ts'

export type CreateJobsError = ErrorResult<
  | 'invalid_transformation'
  | 'invalid_request'
  | 'file_not_found'
  | 'queue_not_found'
  | 'queue_draining'
  | 'idempotency_conflict'
  | 'forbidden'
  | 'variant_busy'
  | 'cap_reached'
>

/**
 * Error for a caller that cannot see the active job of the variant, since it is in another queue. A
 * variant has at most one active job over all queues.
 */
export function variantBusyError() {
  return errorResult(
    'variant_busy',
    'A job of another queue is making this variant. Request it again when it is ready.',
  )
}
