/** Exit codes, and the expected errors of commands. */

export const EXIT = {
  ok: 0,
  /** A job or a request failed. */
  failure: 1,
  /** The command line is not valid. */
  usage: 2,
  /** There is no API key, or it does not allow the request. */
  notAllowed: 3,
  /** Ctrl-C. */
  interrupted: 130,
  terminated: 143,
} as const

interface Details {
  exitCode?: number
  /** What to do about it. */
  hint?: string
}

/** An expected error, shown as its message. Others are bugs, shown with their stack. */
export class CliError extends Error {
  readonly exitCode: number
  readonly hint: string | null

  constructor(message: string, { exitCode = EXIT.failure, hint }: Details = {}) {
    super(message)
    this.exitCode = exitCode
    this.hint = hint ?? null
  }
}

export function usageError(message: string, hint?: string): CliError {
  return new CliError(message, { exitCode: EXIT.usage, ...(hint !== undefined && { hint }) })
}
