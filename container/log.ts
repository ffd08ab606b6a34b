/**
 * Log lines as JSON, one object per line. Callers must not pass the token or the URL of a source.
 */

export type Level = 'info' | 'warn' | 'error'
export type Log = (level: Level, event: string, fields?: Record<string, unknown>) => void

/**
 * @param write receives each line with its line break
 * @param commonFields fields of every line, e.g. the runner's id
 */
export function createLog(
  write: (line: string) => void,
  commonFields: Record<string, unknown> = {},
): Log {
  return (level, event, fields = {}) => {
    const time = new Date().toISOString()
    write(`${JSON.stringify({ time, level, event, ...commonFields, ...fields })}\n`)
  }
}

/** Formats anything thrown for a log line: its stack, and the stacks of its causes. */
export function formatError(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error)
  }
  const text = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? text : `${text} <- ${formatError(error.cause)}`
}
