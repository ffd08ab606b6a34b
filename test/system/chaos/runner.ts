/** Starts a runner with settings in its environment, as a user does on another machine. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { System } from '../fixtures/system.ts'

const MAIN = join(import.meta.dirname, '..', '..', '..', 'container', 'main.ts')

/** Reads the token that `npm start` generated for the runners of a system. */
export function readRunnerToken(stateDir: string): string {
  const secrets = readFileSync(join(stateDir, 'secrets.env'), 'utf8')
  return /RUNNER_TOKEN=(.*)/.exec(secrets)![1]!
}

/** @param options defaults: the URL of the system, and a folder in its state directory */
export async function startRunner(
  { url, stateDir }: System,
  options: { gatewayUrl?: string; scratch?: string; name?: string; path?: string } = {},
) {
  const { gatewayUrl = url, scratch = join(stateDir, 'scratch'), name = 'by-hand' } = options
  const { path = process.env['PATH'] } = options
  mkdirSync(scratch, { recursive: true })
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: path,
      // The tests find the processes of a system by this variable.
      STATE_DIR: stateDir,
      GATEWAY_URL: gatewayUrl,
      RUNNER_TOKEN: readRunnerToken(stateDir),
      RUNNER_NAME: name,
      IDLE_SECONDS: 'forever',
      SCRATCH_DIR: scratch,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const output: string[] = []
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.push(text)
      if (text.includes('"event":"ready"')) {
        resolve()
      }
    })
  })
  return {
    name,
    pid: child.pid!,
    output: () => output.join(''),
    async stop(): Promise<number | null> {
      child.kill('SIGTERM')
      return exited
    },
  }
}
