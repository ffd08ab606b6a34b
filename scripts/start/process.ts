/**
 * A child process in a group of its own, with its output in a log file: started, followed line by
 * line, and ended with everything that it had started in turn. Knows nothing of what it runs.
 */
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>

export type Process = Readonly<{
  exited: Promise<Exit>
  /** Asks the process to end, and ends its whole group by force after the grace. */
  stop: (graceMs: number) => Promise<void>
  /** What it printed last. */
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
    // A group of its own: Ctrl-C reaches this program only, which ends the others in order.
    detached: true,
  })
  const { pid } = child
  const log = createWriteStream(logFile, { flags: 'a' })
  const tail: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`)
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
    // with-node24.mjs ends the group if this program cannot.
    process.send?.({ started: pid })
    void exited.then(() => {
      signalGroup(pid, 'SIGKILL')
      process.send?.({ ended: pid })
      log.end()
    })
  }

  return {
    exited,
    tail: () => tail.join('\n'),
    async stop(graceMs) {
      if (!pid) {
        return
      }
      // To the process alone: it ends its own children, in its own order.
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

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: nothing of the group is left.
  }
}
