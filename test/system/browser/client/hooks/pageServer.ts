/** Serves the page of the hook tests, and passes every other request on to the service. */
import { build } from 'esbuild'
import { once } from 'node:events'
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const DOCUMENT = `<!doctype html><link rel="icon" href="data:,"><div id="root"></div>
<script type="module" src="/hooks.js"></script>`

export async function startPageServer(serviceUrl: string) {
  const bundled = await build({
    entryPoints: [join(import.meta.dirname, 'page.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
  })
  const script = bundled.outputFiles[0]!.text
  const streams = new Set<ServerResponse>()
  const requests: string[] = []
  const answered: string[] = []
  let isCut = false
  /** Returns true for a request that is to wait until the connection is closed. */
  let isHeld = (_method: string, _path: string): boolean => false

  const server = createServer((request, response) => {
    const { method = 'GET', url = '/' } = request
    if (url === '/hooks' || url === '/hooks.js') {
      const [type, body] = url === '/hooks' ? ['html', DOCUMENT] : ['javascript', script]
      return void response.setHeader('Content-Type', `text/${type}`).end(body)
    }
    requests.push(`${method} ${url}`)
    if (isCut) {
      return void response.destroy()
    }
    if (isHeld(method, url)) {
      return
    }
    if (url.startsWith('/queue/events')) {
      streams.add(response)
      response.once('close', () => streams.delete(response))
    }
    response.once('finish', () => answered.push(`${method} ${url}`))
    forward(serviceUrl, request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    requests: requests as readonly string[],
    /** The requests whose response was sent in full. */
    answered: answered as readonly string[],
    countStreams: () => streams.size,
    hold: (rule: typeof isHeld) => (isHeld = rule),
    /** Closes the event streams, and every new connection until `mend`. */
    cut() {
      isCut = true
      streams.forEach((response) => response.destroy())
    },
    mend: () => (isCut = false),
    async close(): Promise<void> {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function forward(serviceUrl: string, request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', url, headers } = request
  const outgoing = send(`${serviceUrl}${url}`, { method, headers, agent: false }, (incoming) => {
    response.writeHead(incoming.statusCode!, incoming.headers)
    response.flushHeaders()
    incoming.pipe(response)
  })
  outgoing.on('error', () => response.destroy())
  response.on('close', () => outgoing.destroy())
  request.pipe(outgoing)
}
