/** Ports, debug interfaces and files with secrets of a system that `npm start` runs. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { makeClip } from '../fixtures/media.ts'
import { listProcesses } from '../fixtures/processes.ts'
import { API_KEY } from '../fixtures/system.ts'
import { systemTest } from '../fixtures/systemTest.ts'

const test = systemTest({ runners: 1 })
const PATH = 'videos/exposed.mp4'
/** 127.0.0.1 in the notation of /proc/net/tcp. */
const LOOPBACK = '0100007F'
/** The explorer of the database and the cron trigger of Miniflare. */
const DEBUG_PATHS = ['/cdn-cgi/explorer', '/cdn-cgi/explorer/api', '/cdn-cgi/local/scheduled']

interface Listener {
  address: string
  port: number
  command: string
}

/** Lists the TCP sockets on which the processes of a system listen. */
function listListeners(stateDir: string): Listener[] {
  return listProcesses(stateDir).flatMap(({ pid, command }) => {
    const inodes = new Set(listSocketInodes(pid))
    return ['tcp', 'tcp6'].flatMap((table) =>
      readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === '0A' && inodes.has(fields[9]!))
        .map(([, local]) => {
          const [address, port] = local!.split(':') as [string, string]
          return { address, port: Number.parseInt(port, 16), command }
        }),
    )
  })
}

function listSocketInodes(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(join(folder, fd)))?.[1] ?? []
    } catch {
      // The descriptor was closed after it was listed.
      return []
    }
  })
}

test('all ports are of the loopback interface, and that of the service has the Worker alone', async ({
  system,
}) => {
  const listeners = listListeners(system.stateDir)
  const ofWorkerd = listeners.filter(({ command }) => command.includes('workerd'))
  // The second one is for Miniflare, in the process of workerHost.ts.
  expect(ofWorkerd.map(({ address }) => address)).toEqual([LOOPBACK, LOOPBACK])
  expect(ofWorkerd.map(({ port }) => port)).toContain(Number(new URL(system.url).port))
  for (const { port } of ofWorkerd) {
    for (const path of DEBUG_PATHS) {
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status, path).toBe(404)
    }
  }
  // A request to the service passes no Worker of Miniflare, which would answer for another URL.
  const headers = { 'MF-Original-URL': 'http://127.0.0.1/health' }
  expect((await fetch(`${system.url}/missing`, { headers })).status).toBe(404)
  // Miniflare listens on a port for workerd.
  const others = listeners.filter(({ command }) => !command.includes('workerd'))
  expect(others.map(({ command }) => command)).toEqual([
    expect.stringContaining('scripts/start/workerHost.ts'),
  ])
  expect(others[0]!.address).toBe(LOOPBACK)
  // It responds only to workerd, which sends a secret.
  for (const path of ['/', '/core/log', '/core/do-storage/x', '/core/dev-registry']) {
    for (const method of ['GET', 'POST']) {
      const response = await fetch(`http://127.0.0.1:${others[0]!.port}${path}`, { method })
      expect(response.status, `${method} ${path}`).toBe(403)
    }
  }
})

test('no debugger is available', ({ system }) => {
  const commands = listProcesses(system.stateDir).map(({ command }) => command)
  expect(
    commands.filter((command) => /--inspector-addr|--debug-port|--inspect/.test(command)),
  ).toEqual([])
})

test('secrets are in files that only their owner can read, and in no log', async ({ system }) => {
  await system.client.put(PATH, makeClip())
  const token = await createUrl(system, '/queue/events/token', { filePath: PATH })
  const signed = await createUrl(system, '/signed-urls', { method: 'GET', path: PATH })
  await (await fetch(token.url)).body!.cancel()
  expect((await fetch(signed.url)).status).toBe(200)

  const signature = new URL(signed.url).searchParams.get('sig')!
  const file = readFileSync(join(system.stateDir, 'secrets.env'), 'utf8')
  const runnerToken = /^RUNNER_TOKEN=(.{40,})$/m.exec(file)![1]!
  const secrets = [API_KEY, runnerToken, token.token!, signature]
  const files = listFiles(system.stateDir).map((path) => ({
    name: path.slice(system.stateDir.length + 1),
    mode: statSync(path).mode & 0o777,
    isSecret: secrets.some((secret) => readFileSync(path).includes(secret)),
  }))
  expect(files.filter(({ isSecret }) => isSecret)).toEqual([
    { name: 'secrets.env', mode: 0o600, isSecret: true },
  ])
  expect(files.filter(({ mode }) => mode !== 0o600)).toEqual([])
  expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['worker.log']))
  expect(statSync(system.stateDir).mode & 0o777).toBe(0o700)
})

async function createUrl(
  { client }: { client: { request(path: string, init?: RequestInit): Promise<Response> } },
  path: string,
  body: object,
): Promise<{ url: string; token?: string }> {
  const response = await client.request(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as { url: string; token?: string }
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
