/**
 * A stand-in for the side-car that carries what a container sends out. The real one redirects
 * packets; this one is an HTTP proxy that the runner is told of. Both ask workerd the same way, by a
 * CONNECT with the host's name beside it, and it is workerd that decides: to the gateway, to the
 * internet, or nowhere.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export type Sidecar = Awaited<ReturnType<typeof startSidecar>>

/** An address that nobody has (RFC 5737): what a made-up name would resolve to. */
const NOWHERE = '203.0.113.1'

export async function startSidecar(workerd: { host: string; port: number }) {
  const state = { egressPort: workerd.port, config: {} as Record<string, unknown> }

  /** What workerd talks to: configuration, and connections into the container. */
  const ingress = createServer((request, response) => {
    if (request.method === 'PUT' && request.url === '/egress') {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.on('end', () => {
        state.config = { ...state.config, ...(JSON.parse(body) as object) }
        if (typeof state.config['port'] === 'number') {
          state.egressPort = state.config['port']
        }
        response.writeHead(204).end()
      })
    } else {
      response.writeHead(request.url === '/ca' ? 200 : 404).end('no certificate here')
    }
  })

  /** What the container talks to. */
  const egress = createServer((_, response) => response.writeHead(405).end('CONNECT only'))
  egress.on('connect', (request, inside: Socket) => {
    const [host = '', port = '80'] = (request.url ?? '').split(':')
    const outside = connect(state.egressPort, workerd.host)
    outside.write(
      `CONNECT ${NOWHERE}:${port} HTTP/1.1\r\nHost: ${NOWHERE}:${port}\r\nX-Hostname: ${host}\r\n\r\n`,
    )
    // Its answer, 200 when intercepted and 202 when passed through, is the proxy's as well.
    outside.pipe(inside)
    inside.pipe(outside)
    outside.on('error', () => inside.destroy())
    inside.on('error', () => outside.destroy())
  })

  const ingressPort = await listen(ingress)
  const egressPort = await listen(egress)
  return {
    ingressPort,
    egressPort,
    /** What workerd has said of names and of the internet. */
    config: () => state.config,
    async close() {
      for (const server of [ingress, egress]) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
