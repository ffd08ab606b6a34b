/** How a step of an import ends. */
import type { ImportFailureCode } from '../../contract/failureCode.ts'

export interface ImportFailure {
  code: ImportFailureCode
  message: string
  /** For a failure after which another try can succeed: the delay that the server asks for, or 0. */
  retryAfterMs?: number
}

export type StepOutcome =
  /** The file is stored, with this etag. */
  | { type: 'stored'; etag: string; sizeBytes: number }
  /** Another step follows at once. */
  | { type: 'more' }
  /** The remote file is another one than at the beginning. */
  | { type: 'changed' }
  | ({ type: 'failed' } & ImportFailure)
