/**
 * Runs a child process in its own process group, if requested with resource limits. The group is
 * killed when the signal aborts or the runner dies. Keeps the end of stderr.
 */
import { spawn } from 'node:child_process'
import { guardGroup } from './groupGuard.ts'
import type { ProcessLimits } from './limits.ts'
import { failedToStart, withRlimits } from './rlimits.ts'

/** Time between SIGTERM and SIGKILL. */
const KILL_DELAY_MS = 500
const MAX_STDERR_CHARACTERS = 8_000

const runningGroups = new Set<number>()

/** Kills all running process groups immediately; called when the runner exits. */
export function killProcessGroups(): void {
  for (const pid of runningGroups) {
    killGroup(pid, 'SIGKILL')
  }
}

export interface ProcessResult {
  /** Null when a signal ended the process. */
  code: number | null
  signal: NodeJS.Signals | null
  /** The last lines of stderr, up to 8,000 characters, after the text of `keepText`. */
  stderrTail: string
}

export interface ProcessOptions {
  file: string
  arguments: string[]
  /** Absent for no limits. */
  limits?: ProcessLimits
  cwd: string
  signal: AbortSignal
  onStdout: (text: string) => void
  /** The first match in stderr is kept, however much text follows. */
  keepText?: RegExp
  /** Receives stderr while the process runs. */
  onStderrText?: (text: string) => void
  /** Receives the end of stderr once the process has ended, also when it was aborted. */
  onStderr?: (tail: string) => void
}

/**
 * Runs `file` until it ends. No shell interprets the arguments.
 *
 * @returns the exit code or signal; a non-zero exit code is not an error here
 * @throws the signal's reason when it is aborted, before the start or after the process has ended;
 *   Error when the program cannot be started
 */
export function runProcess(options: ProcessOptions): Promise<ProcessResult> {
  const { signal, limits, cwd } = options
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      return reject(signal.reason)
    }
    // PATH is the only variable of the runner that is passed on. The others can contain the token,
    // and proxy settings that ffmpeg would use.
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', TMPDIR: cwd, HOME: cwd }
    const command =
      limits === undefined ? options : withRlimits(options.file, options.arguments, limits)
    const child = spawn(command.file, command.arguments, {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    })
    const { pid } = child
    const stopWatching = pid === undefined ? () => {} : killOnAbort(pid, signal)
    const stderrEnd = createTail(options.keepText)

    child.stdout.setEncoding('utf8').on('data', options.onStdout)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderrEnd.add(text)
      options.onStderrText?.(text)
    })
    child.on('error', (error) => {
      if (pid === undefined) {
        reject(error)
      }
    })
    child.on('close', (code, endSignal) => {
      stopWatching()
      const stderrTail = stderrEnd.read()
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
 * Kills the process group when the signal aborts or the runner dies.
 *
 * @returns a function to call once the group has ended
 */
function killOnAbort(pid: number, signal: AbortSignal): () => void {
  const stopGuarding = guardGroup(pid)
  let killTimer: NodeJS.Timeout | undefined
  const stop = () => {
    killGroup(pid, 'SIGTERM')
    killTimer = setTimeout(() => killGroup(pid, 'SIGKILL'), KILL_DELAY_MS)
  }
  runningGroups.add(pid)
  signal.addEventListener('abort', stop, { once: true })
  return () => {
    signal.removeEventListener('abort', stop)
    clearTimeout(killTimer)
    stopGuarding()
    runningGroups.delete(pid)
  }
}

/** Keeps the end of a text that arrives in parts, and the first match of `keepText` in it. */
function createTail(keepText: RegExp | undefined) {
  let tail = ''
  let kept: string | null = null
  return {
    add(text: string) {
      tail += text
      kept ??= keepText?.exec(tail)?.[0] ?? null
      tail = lastLines(tail)
    },
    read: () => (kept === null || tail.includes(kept) ? tail : kept + tail),
  }
}

/**
 * Returns the end of a text, without its first line when the text is cut: that line may be
 * incomplete, and a part of a URL would not be redacted.
 */
function lastLines(text: string): string {
  if (text.length <= MAX_STDERR_CHARACTERS) {
    return text
  }
  const tail = text.slice(-MAX_STDERR_CHARACTERS)
  const firstLineEnd = tail.indexOf('\n')
  return firstLineEnd === -1 ? '' : tail.slice(firstLineEnd + 1)
}

function killGroup(group: number, signal: NodeJS.Signals) {
  try {
    process.kill(-group, signal)
  } catch {
    // The group has already ended.
  }
}
