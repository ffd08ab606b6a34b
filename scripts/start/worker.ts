/** Runs the Worker with its database, storage and queues on this machine. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { launch, type Process } from './process.ts'
import type { Settings } from './settings.ts'
import { StartError } from './startError.ts'

const START_TIMEOUT_MS = 90_000
const CRON_INTERVAL_MS = 60_000
const HOST = join(import.meta.dirname, 'workerHost.ts')
/**
 * A Worker that refuses connections is dead, but the host restarts a crashed workerd within two
 * seconds, so some checks may fail. One that accepts a connection and does not respond is more
 * likely busy, for example with an upload of a gigabyte on a slow disk.
 */
const CHECK = { intervalMs: 3_000, maxRefusals: 4, maxSilenceMs: 240_000 }

const QUIET = {
  CI: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  NO_COLOR: '1',
}

export async function migrate(settings: Settings): Promise<void> {
  const migration = wrangler(settings, [
    'd1',
    'migrations',
    'apply',
    'DB',
    '--local',
    '--persist-to',
    settings.stateDir,
  ])
  const { code } = await migration.exited
  if (code !== 0) {
    throw new StartError(`The migrations failed:\n${migration.tail()}`)
  }
}

/** Bundles the Worker into the state folder, as a deployment does. */
export async function buildWorker(settings: Settings): Promise<void> {
  const build = wrangler(settings, [
    'deploy',
    '--dry-run',
    '--containers-rollout=none',
    '--outdir',
    bundleDir(settings),
  ])
  const { code } = await build.exited
  if (code !== 0) {
    throw new StartError(`The Worker could not be bundled:\n${build.tail()}`)
  }
}

/** Starts the bundled Worker; for development, its sources under `wrangler dev`. */
export function startWorker(settings: Settings): Process {
  const { port, stateDir, apiKey, runnerToken, dev } = settings
  // Secrets are passed in a file, because every user of the machine can list process arguments.
  const secrets = join(stateDir, 'secrets.env')
  writeFileSync(secrets, `API_KEY=${apiKey}\nRUNNER_TOKEN=${runnerToken}\n`, { mode: 0o600 })
  if (dev) {
    return startDevelopmentWorker(settings, secrets)
  }
  return launch({
    command: process.execPath,
    args: [HOST, String(port), stateDir, bundleDir(settings), secrets],
    env: QUIET,
    logFile: join(stateDir, 'worker.log'),
  })
}

function bundleDir({ stateDir }: Settings): string {
  return join(stateDir, 'bundle')
}

function startDevelopmentWorker(settings: Settings, secrets: string): Process {
  return wrangler(settings, [
    'dev',
    '--persist-to',
    settings.stateDir,
    '--ip',
    '127.0.0.1',
    '--port',
    String(settings.port),
    '--inspector-port',
    '0',
    '--env-file',
    secrets,
    '--enable-containers=false',
    '--show-interactive-dev-session=false',
    '--var',
    'RUNNER_SLOTS:0',
  ])
}

function wrangler({ stateDir, dev }: Settings, args: string[]): Process {
  return launch({
    command: 'wrangler',
    args,
    env: { ...QUIET, WRANGLER_REGISTRY_PATH: join(stateDir, 'registry') },
    logFile: join(stateDir, 'wrangler.log'),
    ...(dev && { onLine: printLine }),
  })
}

/** Prints a line of the Worker's log, except for the health checks of this program. */
function printLine(line: string): void {
  if (!line.includes('GET /health 200')) {
    console.log(`worker   | ${line}`)
  }
}

export async function waitUntilHealthy({ url }: Settings, worker: Process): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await isOk(`${url}/health`))) {
    if (Date.now() > deadline) {
      throw new StartError(
        `${url}/health did not respond within ${START_TIMEOUT_MS / 1000} s:\n${worker.tail()}`,
      )
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

/** Fires the cron trigger every minute, which `wrangler dev` does not do by itself. */
export function startDevelopmentCron({ url }: Settings): void {
  const cron = encodeURIComponent('* * * * *')
  setInterval(() => void isOk(`${url}/cdn-cgi/local/scheduled?cron=${cron}`), CRON_INTERVAL_MS)
}

async function isOk(url: string): Promise<boolean> {
  const response = await request(url, 10_000)
  return response?.ok === true
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
