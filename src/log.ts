/**
 * Structured logs of the Worker: one JSON object per line, beginning with the name of the event.
 */

type Fields = Record<string, unknown>

export function logInfo(event: string, fields: Fields = {}): void {
  console.info(JSON.stringify({ event, ...fields }))
}

export function logWarn(event: string, fields: Fields = {}): void {
  console.warn(JSON.stringify({ event, ...fields }))
}

export function logError(event: string, fields: Fields = {}): void {
  console.error(JSON.stringify({ event, ...fields }))
}

/**
 * Describes an error for the log. The description of a failed query has its SQL and the reason, but
 * not the values of its parameters, which may be secret.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error)
  }
  const [text] = String(error).split('\nparams: ')
  return error.cause instanceof Error ? `${text}: ${error.cause.message}` : text!
}

/** Returns the lines of an error's stack, without its message. */
export function readStack(error: Error): string[] {
  return (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
}
