/** Errors of exports, and what is said of them. */
import { quote } from '../../contract/quote.ts'
import type { ExportFailureCode } from '../../contract/failureCode.ts'
import { S3Error } from '../../storage/s3/client.ts'

/** A request to the other service takes less than REQUEST_MS, so it ends before the lease of its step. */
export const REQUEST_MS = 120_000
export const LEASE_MS = 150_000

/** The job was cancelled or deleted, or another step has taken over. */
export class ExportLostError extends Error {
  override name = 'ExportLostError'
}

/** The variant was deleted, for example because its original was replaced. */
export class VariantLostError extends Error {
  override name = 'VariantLostError'
}

/** A request to the other service failed. */
export class DestinationError extends Error {
  override name = 'DestinationError'
  constructor(cause: unknown) {
    super('a request to the destination failed', { cause })
  }
}

export interface ExportFailure {
  code: ExportFailureCode
  message: string
  /** True if another try can succeed. */
  isTemporary: boolean
}

const TEMPORARY_STATUSES = [408, 409, 425, 429]
/** S3 sends some of them with 400, and after a 200 that it has sent before it joined the parts of an upload. */
const TEMPORARY_CODES = [
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
]

interface Place {
  credential: string
  bucket: string
}

/** Describes an error of a step. The text of the other service's errors is for the log alone. */
export function describeFailure({ credential, bucket }: Place, error: unknown): ExportFailure {
  if (!(error instanceof DestinationError)) {
    return {
      code: 'export_failed',
      message: 'The variant could not be exported, because of an error of the service.',
      isTemporary: true,
    }
  }
  const place = `the bucket ${quote(bucket)} of the credential ${quote(credential)}`
  const { cause } = error
  if (!(cause instanceof S3Error)) {
    return {
      code: 'export_unavailable',
      message: `The service of ${place} did not answer, or the connection was lost.`,
      isTemporary: true,
    }
  }
  const answer = `(${cause.status} ${cause.code})`
  if (isTemporary(cause)) {
    return {
      code: 'export_unavailable',
      message: `The service of ${place} could not store the variant ${answer}.`,
      isTemporary: true,
    }
  }
  return {
    code: 'export_refused',
    message: `The service of ${place} refuses the variant ${answer}. Check that the bucket exists, that the endpoint and the region are right, and that the credential may read and write objects there; then retry the job.`,
    isTemporary: false,
  }
}

function isTemporary({ status, code }: S3Error): boolean {
  return status >= 500 || TEMPORARY_STATUSES.includes(status) || TEMPORARY_CODES.includes(code)
}
