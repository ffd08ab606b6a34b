/** The engines that the tests use: a simulated engine, and a real one if there is one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine } from './standInEngine.ts'
import { callEngine, type EngineAccess } from './containerSystem.ts'

export async function startStandIn(): Promise<EngineAccess> {
  const folder = mkdtempSync(join(tmpdir(), 'reelqueue-engine-'))
  const socketPath = join(folder, 'docker.sock')
  // wrangler runs this command to build images. It builds nothing, but has to read the Dockerfile
  // that wrangler writes to its standard input.
  const docker = join(folder, 'docker')
  writeFileSync(docker, '#!/bin/sh\n[ "$1" = build ] && cat >/dev/null\nexit 0\n', { mode: 0o755 })
  const engine = await startEngine(socketPath)
  return {
    standIn: engine,
    close: async () => {
      await engine.close()
      rmSync(folder, { recursive: true, force: true })
    },
    socketPath,
    gatewayHost: null,
    env: { DOCKER_HOST: `unix://${socketPath}`, WRANGLER_DOCKER_BIN: docker },
  }
}

/** Returns the access to a real engine, or the reason why there is none. */
export async function findRealEngine(): Promise<EngineAccess | string> {
  const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock'
  if (!host.startsWith('unix://')) {
    return `DOCKER_HOST is not a Unix socket (${host})`
  }
  const socketPath = host.slice('unix://'.length)
  try {
    const { status, body } = await callEngine(socketPath, 'GET', '/networks/bridge')
    if (status !== 200) {
      return `the engine at ${socketPath} responds with ${status}`
    }
    const { IPAM } = JSON.parse(body) as { IPAM: { Config: { Gateway?: string }[] } }
    const gateway = IPAM.Config[0]?.Gateway
    if (!gateway) {
      return `the engine at ${socketPath} has no gateway address on its bridge`
    }
    // Only the real sidecar intercepts requests. If another image replaces it, runners need the
    // gateway's address.
    const intercepts = process.env['MINIFLARE_CONTAINER_EGRESS_IMAGE'] === undefined
    return { socketPath, env: {}, gatewayHost: intercepts ? null : gateway }
  } catch (error) {
    return `no engine responds at ${socketPath} (${(error as Error).message})`
  }
}
