/** All error codes of the API, each with its HTTP status and label. */
import { z } from 'zod'

interface ErrorDefinition {
  status: number
  label: string
  /**
   * Seconds for `Retry-After`, unless the route sets another time. Every error with the status 429
   * has it.
   */
  retryAfterSeconds?: number
}

export const ERRORS = {
  invalid_request: { status: 400, label: 'Bad Request' },
  invalid_path: { status: 400, label: 'Bad Request' },
  invalid_transformation: { status: 400, label: 'Bad Request' },
  digest_mismatch: { status: 400, label: 'Bad Request' },
  job_not_retryable: { status: 400, label: 'Bad Request' },
  job_not_cancellable: { status: 400, label: 'Bad Request' },
  job_not_deletable: { status: 400, label: 'Bad Request' },
  job_not_prioritizable: { status: 400, label: 'Bad Request' },
  unauthorized: { status: 401, label: 'Unauthorized' },
  forbidden: { status: 403, label: 'Forbidden' },
  cross_site_request: { status: 403, label: 'Forbidden' },
  not_found: { status: 404, label: 'Not Found' },
  file_not_found: { status: 404, label: 'Not Found' },
  job_not_found: { status: 404, label: 'Not Found' },
  upload_not_found: { status: 404, label: 'Not Found' },
  queue_not_found: { status: 404, label: 'Not Found' },
  preset_not_found: { status: 404, label: 'Not Found' },
  key_not_found: { status: 404, label: 'Not Found' },
  webhook_not_found: { status: 404, label: 'Not Found' },
  rule_not_found: { status: 404, label: 'Not Found' },
  delivery_not_found: { status: 404, label: 'Not Found' },
  method_not_allowed: { status: 405, label: 'Method Not Allowed' },
  import_busy: { status: 409, label: 'Conflict' },
  lease_lost: { status: 409, label: 'Conflict' },
  idempotency_conflict: { status: 409, label: 'Conflict' },
  idempotency_jobs_deleted: { status: 409, label: 'Conflict' },
  offset_mismatch: { status: 409, label: 'Conflict' },
  variant_busy: { status: 409, label: 'Conflict' },
  webhook_disabled: { status: 409, label: 'Conflict' },
  length_required: { status: 411, label: 'Length Required' },
  queue_draining: { status: 409, label: 'Conflict' },
  precondition_failed: { status: 412, label: 'Precondition Failed' },
  unsupported_version: { status: 412, label: 'Precondition Failed' },
  source_changed: { status: 412, label: 'Precondition Failed' },
  storage_cap_reached: { status: 413, label: 'Content Too Large' },
  too_large: { status: 413, label: 'Content Too Large' },
  content_mismatch: { status: 415, label: 'Unsupported Media Type' },
  range_not_satisfiable: { status: 416, label: 'Range Not Satisfiable' },
  processing_failed: { status: 422, label: 'Processing Failed' },
  upload_locked: { status: 423, label: 'Locked' },
  rate_limited: { status: 429, label: 'Too Many Requests', retryAfterSeconds: 10 },
  cap_reached: { status: 429, label: 'Too Many Requests', retryAfterSeconds: 10 },
  checksum_mismatch: { status: 460, label: 'Checksum Mismatch' },
  internal: { status: 500, label: 'Internal Server Error' },
  not_enabled: { status: 501, label: 'Not Implemented' },
  not_configured: { status: 503, label: 'Service Unavailable' },
  insufficient_storage: { status: 507, label: 'Insufficient Storage' },
  not_ready: { status: 503, label: 'Service Unavailable' },
} as const satisfies Record<string, ErrorDefinition>

export type ErrorCode = keyof typeof ERRORS
const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]

export const errorBody = z
  .object({
    error: z.string().describe('A label for the status, for example "Not Found"'),
    message: z.string().describe('Description of the error, often with what to do'),
    code: z.enum(codes),
    requestId: z.string(),
  })
  .meta({ id: 'Error' })

export type ErrorBody = z.infer<typeof errorBody>
