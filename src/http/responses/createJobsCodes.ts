/** Codes of the errors of routes that create jobs. */
export const CREATE_JOBS_CODES = [
  'invalid_path',
  'invalid_transformation',
  'file_not_found',
  'queue_not_found',
  'queue_draining',
  'variant_busy',
  'idempotency_conflict',
  'idempotency_jobs_deleted',
  'content_mismatch',
  'cap_reached',
] as const
