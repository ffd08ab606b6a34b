/** The error of every request, stream and job of this client. */
import type { ApiErrorBody, Job } from './types.ts'

/** Codes of errors that are not a response of the service. */
type ClientErrorCode =
  | 'network_error'
  | 'url_missing'
  | 'invalid_response'
  | 'streams_unsupported'
  | 'job_cancelled'
  | 'job_deleted'
export type ErrorCode = ApiErrorBody['code'] | NonNullable<Job['errorCode']> | ClientErrorCode

interface Details {
  /** Status of the response; 0 if there was none. */
  status: number
  code: ErrorCode
  message: string
  requestId?: string | null
  retryAfterSeconds?: number | null
  /** The body of the response, or the job that failed. */
  body?: unknown
  cause?: unknown
}

export class ReelqueueError extends Error {
  override readonly name = 'ReelqueueError'
  readonly status: number
  readonly code: ErrorCode
  /** Finds the request in the logs of the service; null if there was no response. */
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null
  readonly body: unknown

  constructor({ status, code, message, requestId, retryAfterSeconds, body, cause }: Details) {
    super(message, { cause })
    this.status = status
    this.code = code
    this.requestId = requestId ?? null
    this.retryAfterSeconds = retryAfterSeconds ?? null
    this.body = body
  }

  /** True if the same request can succeed later. */
  get isTemporary(): boolean {
    return this.code === 'network_error' || this.status === 429 || this.status >= 500
  }
}

/** A proxy may write the time as a date, which the clock of this machine cannot be trusted to compare. */
function readSeconds(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null
}

/** Creates the error of a response that is not successful. */
export async function readError(response: Response): Promise<ReelqueueError> {
  const text = await response.text().catch(() => '')
  const { status } = response
  const retryAfterSeconds = readSeconds(response.headers.get('Retry-After'))
  const common = { status, retryAfterSeconds }
  try {
    const body = JSON.parse(text) as Partial<ApiErrorBody>
    const { code, message, requestId } = body
    if (code !== undefined && message !== undefined) {
      return new ReelqueueError({ ...common, code, message, requestId: requestId ?? null, body })
    }
  } catch {
    // Not JSON, so not a response of the service. Its text is used below.
  }
  return new ReelqueueError({
    ...common,
    code: 'invalid_response',
    message: `The response has the status ${status} and is not from Reelqueue: ${text.slice(0, 200)}`,
    body: text,
  })
}
