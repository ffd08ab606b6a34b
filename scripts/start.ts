/**
 * The whole system on one machine: migrations, the Worker, the runners; then everything ended in
 * order at Ctrl-C. Run by start.mjs, which has set the machine up.
 */
import { claimPort, claimState } from './start/claim.ts'
import type { Process } from './start/process.ts'
import { startRunner, type Runner } from './start/runners.ts'
import { readSettings, Refusal, type Settings } from './start/settings.ts'
import { migrate, startCron, startWorker, untilHealthy, untilSilent } from './start/worker.ts'

// A runner needs a moment to end ffmpeg and hand its job back; the Worker must outlive that.
const RUNNER_GRACE_MS = 10_000
const WORKER_GRACE_MS = 5_000

let worker: Process | undefined
let runners: Runner[] = []
let ending: Promise<void> | undefined

function end(code: number): Promise<void> {
  ending ??= (async () => {
    await Promise.all(runners.map((runner) => runner.stop(RUNNER_GRACE_MS)))
    await worker?.stop(WORKER_GRACE_MS)
    process.exit(code)
  })()
  return ending
}

async function start(settings: Settings): Promise<void> {
  await claimState(settings)
  await claimPort(settings)
  await migrate(settings)
  if (ending) {
    return
  }

  for (let first = true; ; first = false) {
    await runWorker(settings, first)
    if (ending) {
      return
    }
    console.error('The Worker does not answer any more; starting it again …')
    await worker?.stop(WORKER_GRACE_MS)
  }
}

/** Runs the Worker until it answers no more, or until the end; fails if its process ends by itself. */
async function runWorker(settings: Settings, first: boolean): Promise<void> {
  const started = (worker = startWorker(settings))
  let silent = false
  const died = started.exited.then(({ code, signal }) => {
    if (ending || silent) {
      return
    }
    throw new Refusal(
      `The Worker ended by itself (${signal ?? `exit ${code}`}):\n${started.tail()}`,
    )
  })
  await Promise.race([untilHealthy(settings, started), died])
  if (first && !ending) {
    await Promise.race([startRest(settings), died])
  }
  if (ending) {
    return
  }
  await Promise.race([untilSilent(settings), died])
  silent = true
}

/** What needs the Worker to be up, and outlives it when it is started again. */
async function startRest(settings: Settings): Promise<void> {
  startCron(settings)
  runners = Array.from({ length: settings.runners }, (_, i) => startRunner(i + 1, settings))
  await Promise.all(runners.map(({ ready }) => ready))
  if (!ending) {
    greet(settings)
  }
}

function greet({ url, apiKey, runners, stateDir, dev }: Settings): void {
  const auth = `-H 'Authorization: Bearer ${apiKey}'`
  console.log(`
Reelqueue is ready at ${url} with ${runners} runner${runners === 1 ? '' : 's'}. Logs and data: ${stateDir}
API key: ${apiKey}

Upload a file, queue a variant of it, and follow the work:

  curl -T clip.mp4 ${auth} ${url}/files/videos/clip.mp4
  curl -X POST ${auth} -H 'Content-Type: application/json' -d '{"filePath": "videos/clip.mp4", "transformations": ["w_640"]}' ${url}/queue/jobs
  curl -N ${auth} ${url}/queue/events

${dev ? 'The Worker and the runners reload when their code changes. ' : ''}Ctrl-C ends it.`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!ending) {
      console.log('Ending; a job that is being worked on goes back to the queue …')
    }
    void end(0)
  })
}
// The guard in with-node24.mjs is gone, and with it the terminal.
process.on('disconnect', () => void end(1))

try {
  await start(readSettings(process.env, process.argv.slice(2)))
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error)
  await end(1)
}
