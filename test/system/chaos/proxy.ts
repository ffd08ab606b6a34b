/** HTTP proxy between runners and the gateway. A test sets the rule that handles each request. */
import { once } from 'node:events'
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ProxiedRequest {
  /** Counts from 1. */
  number: number
  method: string
  path: string
  body: Buffer
  /**
   * Sends the request unchanged and returns the gateway's response. `halfway` is called after half
   * of the body.
   */
  forward: (halfway?: () => void) => Promise<GatewayResponse>
}
export interface GatewayResponse {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** Returns the response for the runner. Null closes its connection without a response. */
export type Rule = (proxied: ProxiedRequest) => Promise<GatewayResponse | null>

export async function startProxy(gatewayUrl: string) {
  const forwardUnchanged: Rule = ({ forward }) => forward()
  let rule = forwardUnchanged
  let number = 0

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const body = await readAll(request)
    const { method = 'GET', url: path = '/' } = request
    const forward = (halfway?: () => void) => forwardRequest(gatewayUrl, request, body, halfway)
    const result = await rule({ number: ++number, method, path, body, forward })
    if (!result) {
      return response.destroy()
    }
    const { 'transfer-encoding': _chunked, ...headers } = result.headers
    return response.writeHead(result.status, headers).end(result.body)
  }

  const server = createServer((request, response) => {
    // If the gateway does not respond, the runner sees a broken connection.
    handle(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setRule: (next: Rule = forwardUnchanged) => (rule = next),
    /** Calls `act` on the first request whose path matches, then closes its connection. */
    interceptOnce: (path: RegExp, act: (proxied: ProxiedRequest) => Promise<void>): Promise<void> =>
      new Promise((resolve, reject) => {
        rule = async (proxied) => {
          if (!path.test(proxied.path)) {
            return proxied.forward()
          }
          rule = forwardUnchanged
          await act(proxied).then(resolve, reject)
          return null
        }
      }),
    async close(): Promise<void> {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function forwardRequest(
  gatewayUrl: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  halfway?: () => void,
): Promise<GatewayResponse> {
  const outgoing = send(`${gatewayUrl}${url}`, { method: method!, headers, agent: false })
  const responded = once(outgoing, 'response') as Promise<[IncomingMessage]>
  if (halfway) {
    outgoing.write(body.subarray(0, body.length / 2), halfway)
    outgoing.end(body.subarray(body.length / 2))
  } else {
    outgoing.end(body)
  }
  const [incoming] = await responded
  return { status: incoming.statusCode!, headers: incoming.headers, body: await readAll(incoming) }
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) {
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
