/** JSON lines on stdout, one object a line. Callers never pass a token or the address of a source. */

export type Level = 'info' | 'warn' | 'error'
export type Log = (level: Level, event: string, fields?: Record<string, unknown>) => void

/**
 * @param write where the lines go
 * @param always fields that every line carries, e.g. the runner's id
 */
export function createLog(
  write: (line: string) => void,
  always: Record<string, unknown> = {},
): Log {
  return (level, event, fields = {}) => {
    write(
      `${JSON.stringify({ time: new Date().toISOString(), level, event, ...always, ...fields })}\n`,
    )
  }
}

/** What is worth logging of something thrown, with its chain of causes in one line. */
export function formatError(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error)
  }
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own} <- ${formatError(error.cause)}`
}
