/**
 * Simulated Docker Engine: implements the part of the Docker Engine API that workerd and wrangler
 * call, on a Unix socket. A container is a runner in a local process, and standInSidecar.ts is its
 * sidecar. Images, networks and limits have no effect.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { listProcessesWith, signalProcess } from '../fixtures/processes.ts'
import { startSidecar, type Sidecar } from './standInSidecar.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
/** The bridge network of the engine. workerd accepts the connections of sidecars on its gateway. */
const BRIDGE = { Gateway: '127.0.0.1', Subnet: '127.0.0.0/8' }

interface Create {
  Image: string
  Env?: string[]
  Cmd?: string[]
  Labels?: Record<string, string>
  HostConfig?: { NetworkMode?: string }
}
type Container = Create & {
  name: string
  child?: ChildProcess
  sidecar?: Sidecar
  status: 'created' | 'running' | 'exited'
  exit: PromiseWithResolvers<number>
}

/** The name of a scratch folder, which is in the environment of ffmpeg, has the process id of the runner. */
function listEncodes(runners: readonly number[]) {
  return (
    runners
      .flatMap((runner) => listProcessesWith(`/reelqueue-${runner}-`))
      // Not those that only list the encoders.
      .filter(({ command }) => /^(\/\S*\/)?ffmpeg .* -progress /.test(command))
  )
}

export type Engine = Awaited<ReturnType<typeof startEngine>>

export async function startEngine(socketPath: string) {
  const containers = new Map<string, Container>()
  const engine = {
    socketPath,
    /** The output of all runners. */
    logs: [] as string[],
    /** Number of the next containers that exit at once, like an image that does not start. */
    brokenStarts: 0,
    /** Finds the sidecar of a container, for tests that send requests as the container. */
    findSidecar: (name: string) => containers.get(`${name}-proxy`)?.sidecar,
    /** Sends a signal to every ffmpeg that the runners have started. */
    signalEncodes(signal: 'SIGSTOP' | 'SIGCONT') {
      const runners = [...containers.values()].flatMap(({ child }) => child?.pid ?? [])
      for (const { pid } of listEncodes(runners)) {
        signalProcess(pid, signal)
      }
    },
    async close() {
      for (const name of containers.keys()) {
        await remove(name)
      }
      server.close()
      server.closeAllConnections()
    },
  }

  async function start(container: Container) {
    container.status = 'running'
    if (container.name.endsWith('-proxy')) {
      const port = Number(container.Cmd?.[container.Cmd.indexOf('--http-egress-port') + 1])
      container.sidecar = await startSidecar({ host: BRIDGE.Gateway, port })
      return
    }
    const broken = engine.brokenStarts > 0
    if (broken) {
      engine.brokenStarts -= 1
    }
    const proxy = containers.get(`${container.name}-proxy`)?.sidecar
    const child = spawn(
      process.execPath,
      broken ? ['-e', 'process.exit(3)'] : ['container/main.ts'],
      {
        cwd: ROOT,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          ...Object.fromEntries((container.Env ?? []).map((pair) => pair.split(/=(.*)/s, 2))),
          // Sends all requests through the sidecar. With a real engine, the network does this.
          NODE_USE_ENV_PROXY: '1',
          HTTP_PROXY: `http://127.0.0.1:${proxy?.egressPort}`,
        },
      },
    )
    container.child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => engine.logs.push(text))
    }
    child.on('close', (code, signal) => {
      container.status = 'exited'
      container.exit.resolve(code ?? (signal === 'SIGKILL' ? 137 : 143))
    })
  }

  function kill({ child }: Container, signal: string) {
    // SIGKILL ends the whole process group, as it does with a container.
    const target = signal === 'SIGKILL' ? -child!.pid! : child!.pid!
    process.kill(target, signal as NodeJS.Signals)
  }

  async function remove(name: string) {
    const container = containers.get(name)
    if (!container) {
      return
    }
    containers.delete(name)
    await container.sidecar?.close()
    if (!container.child || container.status !== 'running') {
      return
    }
    kill(container, 'SIGKILL')
    await container.exit.promise
  }

  const describe = ({ name, Image, Labels, status, sidecar }: Container) => ({
    Id: name,
    Name: `/${name}`,
    Names: [`/${name}`],
    State: { Status: status, Running: status === 'running' },
    Config: { Image, Labels: Labels ?? {} },
    NetworkSettings: {
      Ports: sidecar
        ? { '39001/tcp': [{ HostIp: '127.0.0.1', HostPort: String(sidecar.ingressPort) }] }
        : {},
    },
  })

  async function handle(request: IncomingMessage): Promise<[status: number, body?: unknown]> {
    const url = new URL(request.url ?? '', 'http://engine')
    // Some clients begin the path with the API version.
    const [kind, name = '', action] = url.pathname
      .replace(/^\/v\d+\.\d+/, '')
      .split('/')
      .slice(1)
      .map(decodeURIComponent)
    const call = `${request.method} ${kind}`
    if (call === 'GET _ping') {
      return [200, 'OK']
    }
    if (call === 'GET info') {
      return [200, { ID: 'stand-in', OSType: 'linux' }]
    }
    if (call === 'GET networks') {
      return [200, { IPAM: { Config: [BRIDGE] } }]
    }
    if (call === 'POST networks') {
      return [201, { Id: 'network' }]
    }
    if (call === 'GET volumes') {
      return [200, { Volumes: [] }]
    }
    if (call === 'GET images') {
      return [200, { Id: `sha256:${name}`, Size: 1 }]
    }
    if (kind !== 'containers') {
      return [404, { message: `no such call: ${request.method} ${url}` }]
    }

    if (name === 'create') {
      const wanted = url.searchParams.get('name') ?? `c${containers.size}`
      if (containers.has(wanted)) {
        return [409, { message: 'the name is taken' }]
      }
      const create = (await json(request)) as Create
      const exit = Promise.withResolvers<number>()
      containers.set(wanted, { ...create, name: wanted, status: 'created', exit })
      return [201, { Id: wanted, Warnings: [] }]
    }
    if (name === 'json') {
      return [200, [...containers.values()].filter((c) => c.status === 'running').map(describe)]
    }
    const container = containers.get(name)
    if (!container) {
      return [404, { message: `no such container: ${name}` }]
    }
    if (request.method === 'DELETE') {
      return [204, await remove(name)]
    }
    switch (action) {
      case 'json':
        return [200, describe(container)]
      case 'start':
        if (container.status === 'running') {
          return [304]
        }
        return [204, await start(container)]
      case 'kill':
        if (container.status !== 'running') {
          return [409, { message: 'not running' }]
        }
        return [204, kill(container, url.searchParams.get('signal') ?? 'SIGKILL')]
      case 'wait':
        return [200, { StatusCode: await container.exit.promise }]
      default:
        return [404, { message: `no such call: ${action}` }]
    }
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    handle(request)
      .then(([status, body]) => {
        if (status === 204 || status === 304) {
          return response.writeHead(status).end()
        }
        const text = typeof body === 'string' ? body : JSON.stringify(body)
        return response.writeHead(status, { 'content-type': 'application/json' }).end(text)
      })
      .catch((error: unknown) =>
        response.writeHead(500).end(JSON.stringify({ message: `${error}` })),
      )
  })
  server.listen(socketPath)
  await once(server, 'listening')
  return engine
}
