/**
 * Runs a program under resource limits: `sh` calls `ulimit` on itself and then `exec`s the program.
 * The script is constant. The program, limits and arguments are passed as its parameters, so the
 * shell never interprets them as commands.
 */
import { MAX_OPEN_FILES, type ProcessLimits } from './limits.ts'

/**
 * - `-d` (data) instead of `-v` (address space): each thread reserves 64 MiB of addresses that it
 *   may never use, and libraries another 300 MiB, so the size of the address space says little
 *   about the memory in use.
 * - `-S` sets only the soft limit of CPU time, at which the kernel sends SIGXCPU instead of
 *   SIGKILL.
 * - `oom_score_adj` 1000 makes the kernel kill this process before the runner, if memory runs out.
 *
 * A limit that the system does not support (`-d` on macOS), or that cannot be raised to this value,
 * is not changed.
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

/** Exit codes of the shell for a program that does not exist or cannot be executed. */
const START_FAILURES = [126, 127]

/** Returns the command to spawn in place of `file`. `exec` keeps the process id of `sh`. */
export function withRlimits(file: string, args: readonly string[], limits: ProcessLimits) {
  const { memoryBytes, fileBytes, cpuSeconds } = limits
  const parameters = [
    Math.floor(memoryBytes / 1024),
    Math.ceil(fileBytes / 512),
    MAX_OPEN_FILES,
    cpuSeconds ?? 'unlimited',
  ]
  return { file: 'sh', arguments: ['-c', SCRIPT, file, ...parameters.map(String), ...args] }
}

/** True when `sh` could not start the program. */
export function failedToStart(code: number | null): boolean {
  return code !== null && START_FAILURES.includes(code)
}
