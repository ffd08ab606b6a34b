/**
 * Runs the whole system on one machine: builds the Worker, then runs it and the runners until
 * Ctrl-C. start.sh installs what is missing and then becomes this program.
 */
import { buildWorker } from './start/build.ts'
import { claimPort, claimState } from './start/claim.ts'
import { migrate, startDevelopmentCron } from './start/development.ts'
import type { Exit, Process } from './start/process.ts'
import { startRunner, type Runner } from './start/runners.ts'
import { writeServicePointer } from './start/servicePointer.ts'
import { readSettings, type Settings } from './start/settings.ts'
import { StartError } from './start/startError.ts'
import { startWorker, waitUntilHealthy, waitUntilUnresponsive } from './start/worker.ts'

// Runners stop before the Worker, because they release their jobs through it.
const RUNNER_GRACE_MS = 10_000
const WORKER_GRACE_MS = 5_000

let worker: Process | undefined
let runners: Runner[] = []
let stopping: Promise<void> | undefined

function stop(code: number): Promise<void> {
  stopping ??= (async () => {
    await Promise.all(runners.map((runner) => runner.stop(RUNNER_GRACE_MS)))
    await worker?.stop(WORKER_GRACE_MS)
    process.exit(code)
  })()
  return stopping
}

async function start(settings: Settings): Promise<void> {
  claimState(settings)
  await claimPort(settings)
  if (settings.dev) {
    console.log('Preparing the database …')
    await migrate(settings)
  } else {
    console.log('Building the Worker …')
    await buildWorker(settings)
  }
  if (stopping) {
    return
  }

  console.log('Starting the Worker …')
  await runWorker(settings)
  await Promise.all([startRest(settings), superviseWorker(settings)])
}

/**
 * Restarts the Worker each time it fails, until the system stops.
 *
 * @throws StartError if a restart does not succeed
 */
async function superviseWorker(settings: Settings): Promise<void> {
  while (!stopping) {
    const problem = await waitUntilWorkerFails(settings)
    if (stopping) {
      return
    }
    console.error(`The Worker ${problem}. Restarting it …`)
    await worker?.stop(WORKER_GRACE_MS)
    await runWorker(settings)
  }
}

/** Starts the Worker and waits until it is healthy. @throws StartError if it cannot be started */
async function runWorker(settings: Settings): Promise<void> {
  const started = (worker = startWorker(settings))
  const failed = started.exited.then((exit) => {
    if (!stopping) {
      throw new StartError(`The Worker ${describeExit(exit)}:\n${started.tail()}`)
    }
  })
  // After the Worker has become healthy, `superviseWorker` handles its exit.
  failed.catch(() => undefined)
  await Promise.race([waitUntilHealthy(settings, started), failed])
}

/** Resolves with the problem when the Worker's process exits or the Worker no longer responds. */
async function waitUntilWorkerFails(settings: Settings): Promise<string> {
  const checks = new AbortController()
  try {
    return await Promise.race([
      worker!.exited.then(describeExit),
      waitUntilUnresponsive(settings, checks.signal).then(() => 'does not respond'),
    ])
  } finally {
    checks.abort()
  }
}

function describeExit({ code, signal }: Exit): string {
  return `exited unexpectedly (${signal ?? `exit code ${code}`})`
}

/** Starts the runners and, for development, the cron timer. A restart of the Worker keeps both. */
async function startRest(settings: Settings): Promise<void> {
  if (settings.dev) {
    startDevelopmentCron(settings)
  }
  console.log(`Starting ${countRunners(settings)} …`)
  runners = Array.from({ length: settings.runners }, (_, i) => startRunner(i + 1, settings))
  await Promise.all(runners.map(({ ready }) => ready))
  if (!stopping) {
    writeServicePointer(settings)
    greet(settings)
  }
}

function countRunners({ runners }: Settings): string {
  return `${runners} runner${runners === 1 ? '' : 's'}`
}

function greet(settings: Settings): void {
  const { url, apiKey, stateDir, dev } = settings
  // The job may end before the events are requested, so the stream begins with the first event.
  const auth = `-H 'Authorization: Bearer ${apiKey}'`
  console.log(`
Reelqueue is ready at ${url} with ${countRunners(settings)}. Logs and data: ${stateDir}
Dashboard: ${url}/
API key: ${apiKey}

Upload a file, create a job for a variant of it, and stream the events:

  curl -T clip.mp4 ${auth} ${url}/files/videos/clip.mp4
  curl -X POST ${auth} -H 'Content-Type: application/json' -d '{"filePath": "videos/clip.mp4", "transformations": ["w_640"]}' ${url}/queue/jobs
  curl -N ${auth} '${url}/queue/events?lastEventId=0'

${dev ? 'The Worker and the runners reload when their code changes. ' : ''}Ctrl-C stops it.`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!stopping) {
      console.log('Stopping. Running jobs return to the queue …')
    }
    void stop(0)
  })
}
// If npm is killed with SIGKILL, this process gets another parent. It then stops, because it would
// keep the port in use.
const npmPid = process.ppid
if (process.env.npm_lifecycle_event) {
  setInterval(() => process.ppid === npmPid || void stop(1), 1_000)
}

console.log('Starting Reelqueue …')
try {
  await start(readSettings(process.env, process.argv.slice(2)))
} catch (error) {
  console.error(error instanceof StartError ? error.message : error)
  await stop(1)
}
