/**
 * Simulated sidecar, which handles the outgoing traffic of a container. The real sidecar redirects
 * packets; this one is an HTTP proxy that the runner is configured to use. Both send workerd a
 * CONNECT request with the host name in a header, and workerd decides whether the connection goes
 * to the gateway, goes to the internet, or is rejected.
 */
import { once } from 'node:events'
import { createServer, request as sendRequest, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export type Sidecar = Awaited<ReturnType<typeof startSidecar>>

/** Used in place of the host's address. Reserved for documentation (RFC 5737). */
const NOWHERE = '203.0.113.1'

export async function startSidecar(workerd: { host: string; port: number }) {
  const state = { egressPort: workerd.port, config: {} as Record<string, unknown> }

  /** The server for workerd: it receives the egress configuration. */
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

  /**
   * The server for the container: its HTTP proxy. `fetch` asks it for a tunnel, and `node:http` sends it
   * requests with the whole URL.
   */
  const egress = createServer((request, response) => {
    const { hostname, port, pathname, search } = new URL(request.url ?? '')
    const tunnel = openTunnel(hostname, port || '80')
    tunnel.on('connect', (_, socket: Socket) => {
      const { method, headers } = request
      const sent = sendRequest({
        createConnection: () => socket,
        method,
        path: pathname + search,
        headers: { ...headers, connection: 'close' },
      })
      sent.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      sent.on('error', () => response.destroy())
      response.on('close', () => socket.destroy())
      request.pipe(sent)
    })
    tunnel.on('error', () => response.destroy())
    tunnel.end()
  })
  const openTunnel = (hostname: string, port: string) =>
    sendRequest({
      host: workerd.host,
      port: state.egressPort,
      method: 'CONNECT',
      path: `${NOWHERE}:${port}`,
      headers: { Host: `${NOWHERE}:${port}`, 'X-Hostname': hostname },
    })
  egress.on('connect', (request, inside: Socket) => {
    const [host = '', port = '80'] = (request.url ?? '').split(':')
    const outside = connect(state.egressPort, workerd.host)
    outside.write(
      `CONNECT ${NOWHERE}:${port} HTTP/1.1\r\nHost: ${NOWHERE}:${port}\r\nX-Hostname: ${host}\r\n\r\n`,
    )
    // The container receives workerd's response: 200 if workerd intercepts the connection, 202 if
    // workerd passes it through.
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
    /** The configuration that workerd has sent: allowed host names, and access to the internet. */
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
