/** An HTTP proxy between runners and the gateway, which does to each request what a test wants. */
import { once } from 'node:events'
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Passing {
  /** Counts from 1. */
  number: number
  method: string
  path: string
  body: Buffer
  /** Sends it as it came, and gives what the gateway said. */
  forward: (halfway?: () => void) => Promise<Answer>
}
export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

/** Gives the answer for the runner, or null: the connection is cut, and it gets none. */
export type Rule = (passing: Passing) => Promise<Answer | null>

export async function startProxy(gatewayUrl: string) {
  const faithful: Rule = ({ forward }) => forward()
  let rule = faithful
  let number = 0

  async function pass(request: IncomingMessage, response: ServerResponse) {
    const body = await readAll(request)
    const { method = 'GET', url: path = '/' } = request
    const forward = (halfway?: () => void) => ask(gatewayUrl, request, body, halfway)
    const answer = await rule({ number: ++number, method, path, body, forward })
    if (!answer) {
      return response.destroy()
    }
    const { 'transfer-encoding': _chunked, ...headers } = answer.headers
    return response.writeHead(answer.status, headers).end(answer.body)
  }

  const server = createServer((request, response) => {
    // A gateway that is gone is a connection that breaks.
    pass(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    obey: (next: Rule = faithful) => (rule = next),
    /** Does something in the place of answering the first request to such a path. */
    interceptOnce: (path: RegExp, act: (passing: Passing) => Promise<void>): Promise<void> =>
      new Promise((resolve, reject) => {
        rule = async (passing) => {
          if (!path.test(passing.path)) {
            return passing.forward()
          }
          rule = faithful
          await act(passing).then(resolve, reject)
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

async function ask(
  gatewayUrl: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  halfway?: () => void,
): Promise<Answer> {
  const outgoing = send(`${gatewayUrl}${url}`, { method: method!, headers, agent: false })
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
  if (halfway) {
    outgoing.write(body.subarray(0, body.length / 2), halfway)
    outgoing.end(body.subarray(body.length / 2))
  } else {
    outgoing.end(body)
  }
  const [answer] = await answered
  return { status: answer.statusCode!, headers: answer.headers, body: await readAll(answer) }
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) {
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
