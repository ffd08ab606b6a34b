/** Runs local runners, and restarts those that exit. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { preloadFfmpeg } from '../preload.mjs'
import { launch, type Process } from './process.ts'
import { S3_SETTINGS, type Settings } from './settings.ts'

const BACKOFF_MS = { min: 1_000, max: 30_000 }

export type Runner = Readonly<{
  /** Resolves when the gateway has responded to the runner's first claim. */
  ready: Promise<void>
  stop: (graceMs: number) => Promise<void>
}>

export function startRunner(number: number, settings: Settings): Runner {
  const stopping = new AbortController()
  const ready = Promise.withResolvers<void>()
  let current: Process | undefined

  const keepRunning = async () => {
    let backoff = BACKOFF_MS.min
    while (!stopping.signal.aborted) {
      current = launchRunner(number, settings, () => {
        backoff = BACKOFF_MS.min
        ready.resolve()
      })
      const { code, signal } = await current.exited
      if (stopping.signal.aborted) {
        return
      }
      console.error(
        `Runner ${number} exited (${signal ?? `exit code ${code}`}). ` +
          `Restarting it in ${backoff / 1000} s. Its last lines:\n${current.tail()}`,
      )
      await delay(backoff, undefined, { signal: stopping.signal }).catch(() => undefined)
      backoff = Math.min(backoff * 2, BACKOFF_MS.max)
    }
  }
  const ended = keepRunning()

  return {
    ready: ready.promise,
    async stop(graceMs) {
      stopping.abort()
      await current?.stop(graceMs)
      await ended
    },
  }
}

function launchRunner(number: number, settings: Settings, onReady: () => void): Process {
  const scratch = join(settings.stateDir, 'scratch')
  mkdirSync(scratch, { recursive: true })
  return launch({
    command: process.execPath,
    args: [...(settings.dev ? ['--watch', '--watch-preserve-output'] : []), 'container/main.ts'],
    env: {
      PATH: preloadFfmpeg(),
      GATEWAY_URL: settings.url,
      RUNNER_TOKEN: settings.runnerToken,
      RUNNER_NAME: `local-${number}`,
      IDLE_SECONDS: 'forever',
      QUEUES: 'default',
      SCRATCH_DIR: scratch,
      // Runners hold no credentials of storage.
      ...Object.fromEntries(S3_SETTINGS.map((name) => [name, undefined])),
      // The bytes pass through no network.
      TRANSFER_DIGESTS: 'off',
      ...(settings.cpus !== null && { CPUS: String(settings.cpus) }),
      ...(settings.memoryBytes !== null && { MEMORY_BYTES: String(settings.memoryBytes) }),
    },
    logFile: join(settings.stateDir, `runner-${number}.log`),
    onLine: (line) => {
      if (settings.dev) {
        console.log(`runner ${number} | ${line}`)
      }
      if (line.includes('"event":"ready"')) {
        onReady()
      }
    },
  })
}
