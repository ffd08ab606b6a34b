/** Runs the Worker with its database, storage and queues on this machine. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { bundleDir } from './build.ts'
import { startDevelopmentWorker } from './development.ts'
import type { Process } from './process.ts'
import { launchProgram } from './programs.ts'
import type { Settings } from './settings.ts'
import { StartError } from './startError.ts'

// Includes the migrations: one may create an index of a large table.
const FIRST_RESPONSE_TIMEOUT_MS = 10 * 60_000
const UNHEALTHY_TIMEOUT_MS = 90_000
/**
 * A Worker that refuses connections is dead, but the host restarts a crashed workerd within two
 * seconds, so some checks may fail. One that accepts a connection and does not respond is more
 * likely busy, for example with an upload of a gigabyte on a slow disk.
 */
const CHECK = { intervalMs: 3_000, maxRefusals: 4, maxSilenceMs: 240_000 }

/** Starts the bundled Worker; for development, its sources under `wrangler dev`. */
export function startWorker(settings: Settings): Process {
  const { port, stateDir, apiKey, runnerToken, vars, dev } = settings
  // Secrets are passed in a file, because every user of the machine can list process arguments.
  const secrets = join(stateDir, 'secrets.env')
  const lines = Object.entries({ API_KEY: apiKey, RUNNER_TOKEN: runnerToken, ...vars })
  const text = lines.map(([name, value]) => `${name}=${value}\n`).join('')
  writeFileSync(secrets, text, { mode: 0o600 })
  if (dev) {
    return startDevelopmentWorker(settings, secrets)
  }
  const args = [String(port), stateDir, bundleDir(settings), secrets]
  return launchProgram(settings, 'workerHost.ts', args)
}

/** @throws StartError if the Worker does not respond, or responds with errors for too long */
export async function waitUntilHealthy({ url }: Settings, worker: Process): Promise<void> {
  let deadline = Date.now() + FIRST_RESPONSE_TIMEOUT_MS
  let problem = `did not respond within ${FIRST_RESPONSE_TIMEOUT_MS / 60_000} minutes`
  let hasResponded = false
  for (;;) {
    const response = await request(`${url}/health`, 10_000)
    if (response?.ok) {
      return
    }
    if (response && !hasResponded) {
      hasResponded = true
      deadline = Date.now() + UNHEALTHY_TIMEOUT_MS
      problem = `responded with errors for ${UNHEALTHY_TIMEOUT_MS / 1000} s`
    }
    if (Date.now() > deadline) {
      throw new StartError(`${url}/health ${problem}:\n${worker.tail()}`)
    }
    await delay(100)
  }
}

/**
 * Resolves when the Worker no longer responds, even if its process still runs, or after `signal`
 * has aborted.
 */
export async function waitUntilUnresponsive(
  { url }: Pick<Settings, 'url'>,
  signal: AbortSignal,
  { intervalMs, maxRefusals, maxSilenceMs } = CHECK,
): Promise<void> {
  let refusals = 0
  while (refusals < maxRefusals && !signal.aborted) {
    await delay(intervalMs)
    const startedAt = performance.now()
    // An error response is a response: a restart would not help against a full disk, for example.
    const responds = (await request(`${url}/health`, maxSilenceMs)) !== null
    if (!responds && performance.now() - startedAt >= maxSilenceMs) {
      return
    }
    refusals = responds ? 0 : refusals + 1
  }
}

/** Returns null if the request fails or has no response within `timeoutMs`. */
async function request(url: string, timeoutMs: number): Promise<Response | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    return response
  } catch {
    return null
  }
}
