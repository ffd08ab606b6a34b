/**
 * The whole system as a user starts it, in a state folder of its own, and what the tests ask of it
 * from outside: HTTP, events, and which of its processes are alive.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inject } from 'vitest'
import { createClient } from '../../scripts/client.ts'

const START = join(import.meta.dirname, '..', '..', 'scripts', 'start.mjs')

export type System = Awaited<ReturnType<typeof startSystem>>

function newStateDir() {
  return mkdtempSync(join(inject('stateDirs'), 'state-'))
}

/** @param options a state folder that was used before is gone on with */
export async function startSystem(options: { stateDir?: string; runners?: number } = {}) {
  const { stateDir = newStateDir(), runners = 1 } = options
  const port = await freePort()
  const apiKey = 'key-of-the-end-to-end-tests'
  const child = spawn(process.execPath, [START], {
    env: {
      ...process.env,
      PORT: String(port),
      STATE_DIR: stateDir,
      API_KEY: apiKey,
      RUNNERS: String(runners),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const output: string[] = []
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output.push(text)
        if (text.includes('Ctrl-C ends it.')) {
          resolve()
        }
      })
    }
  })
  const early = exited.then((code) => {
    throw new Error(`npm start ended with ${code} before it was ready:\n${output.join('')}`)
  })
  await Promise.race([ready, early])
  // From here on an end is what the tests are about.
  early.catch(() => undefined)

  const url = `http://127.0.0.1:${port}`
  return {
    url,
    stateDir,
    client: createClient({ url, apiKey }),
    output: () => output.join(''),
    /** As Ctrl-C or `kill` does it; gives the exit code. */
    async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
      child.kill(signal)
      return exited
    },
    /** As a power cut does it. */
    async cutPower(): Promise<void> {
      for (const { pid } of processesOf(stateDir)) {
        kill(pid)
      }
      await exited
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') {
    throw new Error('no port')
  }
  return address.port
}

/**
 * Every live process that was started, directly or not, for this state folder. Those that work on a
 * file know of nothing but their scratch folder in it.
 */
export function processesOf(stateDir: string): { pid: number; command: string }[] {
  const marks = [`STATE_DIR=${stateDir}\0`, `TMPDIR=${stateDir}/`]
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const environment = read(`/proc/${name}/environ`)
      return marks.some((mark) => environment.includes(mark))
    })
    .map((name) => ({
      pid: Number(name),
      command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim(),
    }))
}

/** Whether all of them end within a moment. */
export async function processesEnd(stateDir: string): Promise<string[]> {
  const deadline = Date.now() + 2_000
  let left = processesOf(stateDir)
  while (left.length > 0 && Date.now() < deadline) {
    await delay(50)
    left = processesOf(stateDir)
  }
  return left.map(({ command }) => command)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It has ended since it was listed, or is a zombie.
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended with one before it.
  }
}
