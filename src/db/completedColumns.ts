/** The log of a completed attempt is shortened; that of a failed one is kept. */

interface AttemptLog {
  command: string
  stderrTail: string
}

/** Of the log of a completed attempt, this many characters are kept. */
const MAX_COMMAND_CHARACTERS = 200
const MAX_STDERR_CHARACTERS = 80

/** Shortens the log of an attempt: the beginning of the command, and the last line of stderr. */
export function shortenLog({ command, stderrTail }: AttemptLog): AttemptLog {
  const isLong = command.length > MAX_COMMAND_CHARACTERS
  return {
    command: isLong ? `${command.slice(0, MAX_COMMAND_CHARACTERS - 1)}…` : command,
    stderrTail: stderrTail.trimEnd().split('\n').at(-1)!.slice(-MAX_STDERR_CHARACTERS),
  }
}
