/** The Worker under `wrangler dev` with containers on, against an engine, and what tests ask of both. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '../../../scripts/client.ts'
import { launch } from '../../../scripts/start/process.ts'

const START_MS = 300_000
/** Long enough for the next claim, short enough to watch a container go. */
export const IDLE_SECONDS = 5
const SECRETS = {
  API_KEY: 'key-of-the-container-tests',
  RUNNER_TOKEN: 'token-of-the-container-tests',
}

export interface EngineAccess {
  socketPath: string
  /** For wrangler: how it finds this engine. */
  env: Record<string, string>
  /** Where containers find the gateway, if this engine does not intercept. */
  gatewayHost: string | null
}

export type System = Awaited<ReturnType<typeof startSystem>>

export async function startSystem(engine: EngineAccess) {
  const folder = mkdtempSync(join(tmpdir(), 'reelqueue-container-'))
  const port = await freePort()
  const { gatewayHost } = engine
  const url = `http://127.0.0.1:${port}`
  const secrets = join(folder, 'secrets.env')
  writeFileSync(
    secrets,
    Object.entries(SECRETS)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const env = {
    CI: '1',
    NO_COLOR: '1',
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_REGISTRY_PATH: join(folder, 'registry'),
    ...engine.env,
  }
  const persist = ['--persist-to', folder]
  const migrations = ['d1', 'migrations', 'apply', 'reelqueue', '--local', ...persist]
  const migrated = spawnSync('wrangler', migrations, { env: { ...process.env, ...env } })
  if (migrated.status !== 0) {
    throw new Error(`migrations: ${String(migrated.stderr)}`)
  }

  const before = await listContainers(engine)
  const lines: string[] = []
  const worker = launch({
    command: 'wrangler',
    args: [
      'dev',
      '--ip',
      gatewayHost === null ? '127.0.0.1' : '0.0.0.0',
      '--port',
      String(port),
      '--inspector-port',
      '0',
      '--show-interactive-dev-session=false',
      ...persist,
      '--env-file',
      secrets,
      '--var',
      `RUNNER_IDLE_SECONDS:${IDLE_SECONDS}`,
      ...(gatewayHost === null
        ? []
        : ['--var', `CONTAINER_GATEWAY_URL:http://${gatewayHost}:${port}`]),
    ],
    env,
    logFile: join(folder, 'wrangler.log'),
    onLine: (line) => lines.push(line),
  })
  const deadline = Date.now() + START_MS
  while (!(await healthy(url))) {
    const ended = await Promise.race([worker.exited, delay(100, null)])
    if (ended || Date.now() > deadline) {
      throw new Error(`wrangler dev: ${worker.tail()}`)
    }
  }

  const client = createClient({ url, apiKey: SECRETS.API_KEY })
  return {
    url,
    client,
    /** The Worker's own log lines of one kind. */
    logged: (event: string) =>
      lines
        .filter((line) => line.includes(`"event":"${event}"`))
        .map((line) => JSON.parse(/\{.*\}/.exec(line)![0]) as Record<string, unknown>),
    output: () => lines.join('\n'),
    attempts: async (jobId: string) => {
      const answer = await client.request(`/queue/jobs/${jobId}/attempts`)
      return ((await answer.json()) as { attempts: Record<string, unknown>[] }).attempts
    },
    /** The names of the runner's containers that are up. */
    containers: async (): Promise<string[]> => {
      return (await listContainers(engine)).filter((name) => !name.endsWith('-proxy'))
    },
    kill: async (name: string, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> => {
      const path = `/containers/${encodeURIComponent(name)}/kill?signal=${signal}`
      const { status, body } = await callEngine(engine.socketPath, 'POST', path)
      if (status !== 204) {
        throw new Error(`kill ${name}: ${status} ${body}`)
      }
    },
    stop: async (): Promise<void> => {
      await worker.stop(10_000)
      // A real engine keeps what workerd had no time to remove.
      for (const name of await listContainers(engine)) {
        if (!before.includes(name)) {
          await callEngine(engine.socketPath, 'DELETE', `/containers/${name}?force=true`)
        }
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The slots' containers and their side-cars. */
async function listContainers({ socketPath }: EngineAccess): Promise<string[]> {
  const { body } = await callEngine(socketPath, 'GET', '/containers/json')
  return (JSON.parse(body) as { Names: string[] }[])
    .map(({ Names }) => Names[0]!.slice(1))
    .filter((name) => name.includes('RunnerSlot'))
}

/** One call of the Docker Engine API. */
export async function callEngine(socketPath: string, method: string, path: string) {
  const call = request({ socketPath, method, path, timeout: 5_000 })
  call.end()
  const [answer] = await once(call, 'response')
  return { status: answer.statusCode as number, body: await text(answer) }
}

/** Waits until `look` gives something. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | undefined> | T | false | undefined,
  ms = 30_000,
): Promise<T> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await delay(50)) {
    const found = await look()
    if (found !== false && found !== undefined) {
      return found
    }
  }
  throw new Error(`waited ${ms} ms for ${what}`)
}

async function healthy(url: string): Promise<boolean> {
  return fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) }).then(
    (answer) => answer.ok,
    () => false,
  )
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
