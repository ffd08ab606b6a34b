/** The Worker under `wrangler dev` with containers enabled, connected to an engine. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, vi } from 'vitest'
import { createClient } from '../../../scripts/client.ts'
import { launch } from '../../../scripts/start/process.ts'
import { args } from '../../fixtures/args.ts'
import { findFreePort } from '../fixtures/freePort.ts'
import type { Engine } from './standInEngine.ts'

const START_MS = 300_000
/**
 * Longer than a runner needs for its next claim, and short enough for tests that wait until a
 * container exits.
 */
export const IDLE_SECONDS = 5
const SECRETS = {
  API_KEY: 'key-of-the-container-tests',
  RUNNER_TOKEN: 'token-of-the-container-tests',
}

export interface EngineAccess {
  socketPath: string
  /** Environment variables that tell wrangler where this engine is. */
  env: Record<string, string>
  /** The address of the gateway for containers; null if the engine intercepts their requests. */
  gatewayHost: string | null
  /** The simulated engine; undefined for a real one. */
  standIn?: Engine
  close?: () => Promise<void>
}

export type ContainerSystem = Awaited<ReturnType<typeof startContainerSystem>>

export async function startContainerSystem(engine: EngineAccess) {
  const folder = mkdtempSync(join(tmpdir(), 'reelqueue-container-'))
  const port = await findFreePort()
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
  const migrations = args`d1 migrations apply reelqueue --local --persist-to ${folder}`
  const migrated = spawnSync('wrangler', migrations, { env: { ...process.env, ...env } })
  if (migrated.status !== 0) {
    throw new Error(`migrations: ${String(migrated.stderr)}`)
  }

  const before = await listContainers(engine)
  const lines: string[] = []
  const options = args`dev --port ${port} --ip ${gatewayHost === null ? '127.0.0.1' : '0.0.0.0'}
    --inspector-port 0 --show-interactive-dev-session=false --persist-to ${folder}
    --env-file ${secrets} --var RUNNER_IDLE_SECONDS:${IDLE_SECONDS}`
  const gateway =
    gatewayHost === null ? [] : args`--var CONTAINER_GATEWAY_URL:http://${gatewayHost}:${port}`
  const worker = launch({
    command: 'wrangler',
    args: [...options, ...gateway],
    env,
    logFile: join(folder, 'wrangler.log'),
    onLine: (line) => lines.push(line),
  })
  const healthy = vi.waitFor(() => expectHealthy(url), { timeout: START_MS, interval: 100 })
  const ended = worker.exited.then(() => {
    throw new Error('wrangler dev ended')
  })
  await Promise.race([healthy, ended]).catch((cause: unknown) => {
    throw new Error(`wrangler dev did not start: ${worker.tail()}`, { cause })
  })
  // `ended` also rejects when a test stops the Worker, which is no error.
  ended.catch(() => undefined)

  const client = createClient({ url, apiKey: SECRETS.API_KEY })
  return {
    url,
    client,
    /** Reads the Worker's log lines of one event. */
    readLog: (event: string) =>
      lines
        .filter((line) => line.includes(`"event":"${event}"`))
        .map((line) => JSON.parse(/\{.*\}/.exec(line)![0]) as Record<string, unknown>),
    output: () => lines.join('\n'),
    readAttempts: async (jobId: string) => {
      const response = await client.request(`/queue/jobs/${jobId}/attempts`)
      return ((await response.json()) as { attempts: Record<string, unknown>[] }).attempts
    },
    /** Lists the names of the running containers of runners. */
    listContainers: async (): Promise<string[]> => {
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
      // workerd may stop before it has removed its containers. A real engine keeps them.
      for (const name of await listContainers(engine)) {
        if (!before.includes(name)) {
          await callEngine(engine.socketPath, 'DELETE', `/containers/${name}?force=true`)
        }
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Lists the containers of slots and their sidecars. */
async function listContainers({ socketPath }: EngineAccess): Promise<string[]> {
  const { body } = await callEngine(socketPath, 'GET', '/containers/json')
  return (JSON.parse(body) as { Names: string[] }[])
    .map(({ Names }) => Names[0]!.slice(1))
    .filter((name) => name.includes('RunnerSlot'))
}

/** Sends one request to the Docker Engine API. */
export async function callEngine(socketPath: string, method: string, path: string) {
  const call = request({ socketPath, method, path, timeout: 5_000 })
  call.end()
  const [response] = await once(call, 'response')
  return { status: response.statusCode as number, body: await text(response) }
}

/** @throws until the Worker responds */
async function expectHealthy(url: string): Promise<void> {
  const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) })
  expect(response.ok).toBe(true)
}
