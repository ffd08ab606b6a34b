/** Outcomes that are not what the caller hoped for, and are no surprise either. */
import type { ErrorCode } from '../contract/errors.ts'

export interface Refusal<Code extends ErrorCode = ErrorCode> {
  ok: false
  code: Code
  message: string
}
export function refuse<Code extends ErrorCode>(code: Code, message: string): Refusal<Code> {
  return {
    ok: false,
    code,
    message,
  }
}
