/**
 * Runs a child process in its own process group, writes its output to a log file, and stops it
 * together with the other processes of the group.
 */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
// The only module of the runner that npm start needs. It imports nothing else of the runner.
// oxlint-disable-next-line no-restricted-imports
import { guardGroup } from '../../container/ffmpeg/process/groupGuard.ts'

export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>

export type Process = Readonly<{
  exited: Promise<Exit>
  /** Sends SIGTERM to the process, and after `graceMs` SIGKILL to its group. */
  stop: (graceMs: number) => Promise<void>
  /** The last lines of its output. */
  tail: () => string
}>

interface Launch {
  command: string
  args: string[]
  env?: NodeJS.ProcessEnv
  logFile: string
  onLine?: (line: string) => void
}

const TAIL_LINES = 20

export function launch({ command, args, env, logFile, onLine }: Launch): Process {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group, so that Ctrl-C reaches only this program, which then stops its child
    // processes in order.
    detached: true,
  })
  const { pid } = child
  const tail: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      writeLog(logFile, line)
      if (tail.push(line) > TAIL_LINES) {
        tail.shift()
      }
      onLine?.(line)
    })
  }

  const exited = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }))
    child.on('error', (error) => {
      tail.push(error.message)
      resolve({ code: null, signal: null })
    })
  })
  if (pid) {
    const stopGuarding = guardGroup(pid)
    // A process that it leaves behind would keep the pipes of its output open, and so delay `close`.
    child.on('exit', () => signalGroup(pid, 'SIGKILL'))
    void exited.then(stopGuarding)
  }

  return {
    exited,
    tail: () => tail.join('\n'),
    async stop(graceMs) {
      if (!pid) {
        return
      }
      // Not sent to the group: the process stops its own children in order.
      child.kill('SIGTERM')
      const ended = await Promise.race([
        exited.then(() => true),
        delay(graceMs, false, { ref: false }),
      ])
      if (!ended) {
        signalGroup(pid, 'SIGKILL')
      }
      await exited
    },
  }
}

/** Appends a line to a log. It is lost if the disk is full, which must not stop this program. */
function writeLog(file: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`)
  } catch {
    // The error cannot be logged either.
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: the whole group has exited.
  }
}
