/**
 * Has the system hold a process to limits, by way of a shell that sets them on itself and then
 * becomes the program. Owns the shell's words, which never change: program, numbers and arguments
 * reach them as parameters, and no argument is ever read as a command.
 */
import { MAX_OPEN_FILES, type ProcessLimits } from './limits.ts'

/**
 * - `-d` (data) rather than `-v` (addresses): each thread reserves 64 MiB of addresses that it may
 *   never use, and libraries another 300, so a limit on those says little about memory.
 * - `-S` leaves the hard limit, at which the kernel would kill without saying why.
 * - When memory does run out, 1000 makes the kernel end this process and not the runner.
 *
 * A limit that the system does not know (macOS has no `-d` to speak of), or that is stricter
 * already, stays as it is.
 */
const SCRIPT = `{
  ulimit -c 0
  ulimit -d "$1"
  ulimit -f "$2"
  ulimit -n "$3"
  ulimit -S -t "$4"
  echo 1000 >/proc/self/oom_score_adj
} 2>/dev/null
shift 4
exec "$0" "$@"`

/** What the shell exits with when there is no such program, or when it cannot be run. */
const NOT_STARTED = [126, 127]

/** What to spawn in place of `file` with `list`. It keeps its process id when it becomes `file`. */
export function withRlimits(file: string, list: readonly string[], limits: ProcessLimits) {
  const { memoryBytes, fileBytes, cpuSeconds } = limits
  const numbers = [
    Math.floor(memoryBytes / 1024),
    Math.ceil(fileBytes / 512),
    MAX_OPEN_FILES,
    cpuSeconds ?? 'unlimited',
  ]
  return { file: 'sh', arguments: ['-c', SCRIPT, file, ...numbers.map(String), ...list] }
}

export function failedToStart(code: number | null): boolean {
  return code !== null && NOT_STARTED.includes(code)
}
