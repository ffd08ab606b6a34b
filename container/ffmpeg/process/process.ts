/**
 * A child process that cannot outlive its use, however the runner ends: no argument is read by a
 * shell, it is in a process group of its own, held to limits, killed as a group; and a bounded memory
 * of what it said. Knows nothing about ffmpeg's arguments or output.
 */
import { spawn } from 'node:child_process'
import { withRlimits, failedToStart } from './rlimits.ts'
import type { ProcessLimits } from './limits.ts'

/** How long a group has between SIGTERM and SIGKILL. */
const GRACE_MS = 1_000
const STDERR_CHARACTERS = 8_000

/** Ends the group unless it is told first that there is none any more. */
const GUARD = 'read -r ended || kill -s KILL -- "-$1"'

const groups = new Set<number>()

/** For the moment of exit: kills at once every group that still runs. */
export function killProcessGroups(): void {
  for (const pid of groups) {
    kill(pid, 'SIGKILL')
  }
}

export interface ProcessResult {
  code: number | null
  signal: NodeJS.Signals | null
  stderrTail: string
}

/**
 * Runs `file` to its end.
 *
 * @param limits that the system holds it to; without, it may take what there is
 * @param onStdout gets stdout as it comes, as text
 * @param onStderr gets the last 8,000 characters of stderr once the process is gone, even when it
 *   was aborted
 * @returns how it ended, whatever its exit code
 * @throws the signal's reason when aborted, but only after the whole group has been killed and the
 *   process is gone; or the error of a program that could not be started
 */
export function runProcess(options: {
  file: string
  arguments: string[]
  limits?: ProcessLimits
  cwd: string
  signal: AbortSignal
  onStdout: (text: string) => void
  onStderr?: (tail: string) => void
}): Promise<ProcessResult> {
  const { signal, limits } = options
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      return reject(signal.reason)
    }
    // Nothing of the runner's environment: its token is there, and http_proxy would be obeyed.
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', TMPDIR: options.cwd, HOME: options.cwd }
    const started =
      limits === undefined ? options : withRlimits(options.file, options.arguments, limits)
    const child = spawn(started.file, started.arguments, {
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    })
    const { pid } = child
    const dismissGuard = pid === undefined ? () => {} : guard(pid, env)
    let stderrTail = ''
    let grace: NodeJS.Timeout | undefined

    const stop = () => {
      if (pid === undefined) {
        return
      }
      kill(pid, 'SIGTERM')
      grace = setTimeout(() => kill(pid, 'SIGKILL'), GRACE_MS)
    }
    const clear = () => {
      signal.removeEventListener('abort', stop)
      clearTimeout(grace)
      dismissGuard()
      if (pid !== undefined) {
        groups.delete(pid)
      }
    }

    if (pid !== undefined) {
      groups.add(pid)
    }
    signal.addEventListener('abort', stop, { once: true })
    child.stdout.setEncoding('utf8').on('data', options.onStdout)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderrTail = lastLines(stderrTail + text)
    })
    child.on('error', (error) => {
      if (pid !== undefined) {
        return
      }
      clear()
      reject(error)
    })
    child.on('close', (code, endSignal) => {
      clear()
      options.onStderr?.(stderrTail)
      if (signal.aborted) {
        reject(signal.reason)
      } else if (limits !== undefined && failedToStart(code)) {
        reject(new Error(`${options.file} cannot be started`))
      } else {
        resolve({ code, signal: endSignal, stderrTail })
      }
    })
  })
}

/**
 * A process that is killed outright (kill -9, out of memory) can end nothing any more. So a shell
 * waits on a pipe from here, whose end without a word says that it has died.
 *
 * @returns tells the shell that the group has ended
 */
function guard(group: number, env: NodeJS.ProcessEnv): () => void {
  const shell = spawn('sh', ['-c', GUARD, 'guard', String(group)], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  })
  // Where there is no shell there is no guard, and no other harm.
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  return () => shell.stdin.end('ended\n')
}

/** Whole lines only: half a line could hold half an address, which nobody would know to take out. */
function lastLines(text: string): string {
  if (text.length <= STDERR_CHARACTERS) {
    return text
  }
  const tail = text.slice(-STDERR_CHARACTERS)
  return tail.slice(tail.indexOf('\n') + 1)
}

function kill(group: number, signal: NodeJS.Signals) {
  try {
    process.kill(-group, signal)
  } catch {
    // ESRCH: gone already, which is what was wanted.
  }
}
