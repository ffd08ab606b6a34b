/** The columns of a job or a chunk that its attempt has completed. */
import type { MediaFacts } from '../contract/mediaFacts.ts'
import type { Timings } from '../contract/runnerProtocol.ts'
import { TRANSITIONS } from '../domain/jobTransitions.ts'
import { NOT_HELD } from './jobTransitions.ts'

interface AttemptLog {
  command: string
  stderrTail: string
}

/** Returns the values of the columns that are the same for a job and a chunk. */
export function completedColumns(
  output: MediaFacts,
  { timings, ...log }: AttemptLog & { timings: Timings },
  now: number,
) {
  return {
    ...NOT_HELD,
    status: TRANSITIONS.complete.to,
    progress: 100,
    completedAt: now,
    output,
    timings,
    ...shortenLog(log),
    error: null,
    errorCode: null,
  }
}

/** Of the log of a completed attempt, this many characters are kept; of a failed one, all. */
const MAX_COMMAND_CHARACTERS = 200
const MAX_STDERR_CHARACTERS = 80

/** Shortens the log of an attempt: the beginning of the command, and the last line of stderr. */
function shortenLog({ command, stderrTail }: AttemptLog): AttemptLog {
  const isLong = command.length > MAX_COMMAND_CHARACTERS
  return {
    command: isLong ? `${command.slice(0, MAX_COMMAND_CHARACTERS - 1)}…` : command,
    stderrTail: stderrTail.trimEnd().split('\n').at(-1)!.slice(-MAX_STDERR_CHARACTERS),
  }
}
