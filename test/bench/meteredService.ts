/** Runs the Worker with counters (worker/meteredWorker.ts), as `npm start` does, but without runners. */
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findFreePort } from '../system/fixtures/freePort.ts'
import type { Counts } from './counts.ts'
import { API_KEY } from './service.ts'
import { execute } from './execute.ts'

const START = join(import.meta.dirname, '..', '..', 'scripts', 'start')
const MAIN = join(import.meta.dirname, 'worker', 'meteredWorker.ts')

export async function startMeteredService(folder: string) {
  const [bundle, stateDir] = [join(folder, 'bundle'), join(folder, 'state')]
  await mkdir(stateDir, { recursive: true })
  await execute(process.execPath, [join(START, 'bundle.ts'), bundle, MAIN])
  const secrets = join(folder, 'secrets.env')
  await writeFile(secrets, `API_KEY=${API_KEY}\nRUNNER_TOKEN=token-of-the-benchmarks\n`)
  const port = await findFreePort()
  const program = join(START, 'workerHost.ts')
  const child = spawn(process.execPath, [program, String(port), stateDir, bundle, secrets], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.startsWith('The Worker listens') && resolve())
    child.on('exit', (code) => reject(new Error(`The Worker ended with ${code}.`)))
  })
  const request = (path: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${port}${path}`, { method })
  return {
    port,
    readCounts: async () => (await request('/bench/counts')).json() as Promise<Counts>,
    /** Runs the cron trigger, which otherwise does nothing. */
    runCron: () => request('/bench/cron', 'POST'),
    stop: () => child.kill(),
  }
}
