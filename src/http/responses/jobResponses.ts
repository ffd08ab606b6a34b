/** Responses to requests for a variant that is not ready: its job is pending, running or failed. */
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { errorBody } from '../../contract/errors.ts'
import { type FailureCode, failureCode } from '../../contract/failureCode.ts'
import { statusPath } from '../../services/serializers.ts'
import type { ApiEnv } from '../apiEnv.ts'
import { createErrorBody } from './errorResponse.ts'

export const RETRY_AFTER_SECONDS = '2'

export const queuedBody = z.object({
  status: z.literal('pending'),
  statusUrl: z.string().describe('Path of the URL that returns the status of the variant'),
  jobId: z.string(),
})
export const failedBody = errorBody.extend({ jobId: z.string(), errorCode: failureCode.nullable() })

/** 202 for a variant whose job has not ended. */
export function queuedResponse(
  c: Context<ApiEnv>,
  { filePath, variant, jobId }: { filePath: string; variant: string; jobId: string },
) {
  c.header('Retry-After', RETRY_AFTER_SECONDS)
  const statusUrl = statusPath(variant, filePath)
  return c.json({ status: 'pending' as const, statusUrl, jobId }, 202)
}

/** 422 for a variant whose job failed. `defaultMessage` is used if the job has no error message. */
export function failedResponse(
  c: Context<ApiEnv>,
  { id, error, errorCode }: { id: string; error: string | null; errorCode: FailureCode | null },
  defaultMessage: string,
) {
  const body = createErrorBody(c, 'processing_failed', error ?? defaultMessage)
  return c.json({ ...body, jobId: id, errorCode }, 422)
}
