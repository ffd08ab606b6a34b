/** Expected errors, returned as values instead of thrown. */
import type { ErrorCode } from '../contract/errors.ts'

export interface ErrorResult<Code extends ErrorCode = ErrorCode> {
  ok: false
  code: Code
  message: string
}
export function errorResult<Code extends ErrorCode>(
  code: Code,
  message: string,
): ErrorResult<Code> {
  return {
    ok: false,
    code,
    message,
  }
}
