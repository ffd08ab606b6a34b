/**
 * The least that workerd does for an event stream of many clients, without a database and filters, in
 * three structures. The path chooses one:
 *
 * - `/socket-per-client`: a Durable Object sends a message to a WebSocket for each client, and the
 *   Worker writes it to the response. The service does this.
 * - `/responses-of-object`: the Durable Object writes to the responses itself. It can never hibernate.
 * - `/socket-per-isolate`: one request of the Worker has a WebSocket, and writes to the responses of
 *   all requests. The runtime does not promise that this works.
 */
import { DurableObject } from 'cloudflare:workers'

interface BareEnv {
  HUB: DurableObjectNamespace<Hub>
}

const encoder = new TextEncoder()

const BEGIN = encoder.encode('event: connected\n\n')

type Controller = ReadableStreamDefaultController<Uint8Array>

function respond(start: (controller: Controller) => void, cancel?: () => void): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(BEGIN)
      start(controller as Controller)
    },
    ...(cancel && { cancel }),
  })
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
}

export class Hub extends DurableObject<BareEnv> {
  private readonly responses: Controller[] = []

  override fetch(request: Request): Response {
    if (request.headers.get('Upgrade') === null) {
      return respond((controller) => this.responses.push(controller))
    }
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    return new Response(null, { status: 101, webSocket: client })
  }

  send(id: number): void {
    const data = '{"jobId":"job_0123456789abcdef0123456789abcdef","filePath":"bench/fan-out.mp4"}'
    const message = encoder.encode(`event: job:created\ndata: ${data}\nid: ${id}\n\n`)
    for (const socket of this.ctx.getWebSockets()) {
      socket.send(message)
    }
    for (const response of this.responses) {
      response.enqueue(message)
    }
  }
}

/** The responses of this isolate, and the socket from which they are written. */
const responsesOfIsolate: Controller[] = []
let socketOfIsolate: Promise<WebSocket> | null = null

async function openSocket(
  hub: DurableObjectStub<Hub>,
  write: (message: Uint8Array) => void,
): Promise<WebSocket> {
  const { webSocket } = await hub.fetch('http://hub', { headers: { Upgrade: 'websocket' } })
  const socket = webSocket!
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('message', ({ data }) => write(new Uint8Array(data as ArrayBuffer)))
  return socket
}

function writeToIsolate(message: Uint8Array): void {
  for (const response of responsesOfIsolate) {
    response.enqueue(message)
  }
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url)
    const hub = env.HUB.getByName('bare')
    if (pathname === '/send') {
      await hub.send(Number(searchParams.get('id')))
      return new Response()
    }
    if (pathname === '/responses-of-object') {
      return hub.fetch('http://hub')
    }
    if (pathname === '/socket-per-isolate') {
      socketOfIsolate ??= openSocket(hub, writeToIsolate).then((socket) => {
        socket.accept()
        return socket
      })
      await socketOfIsolate
      // The runtime ends a request that waits for nothing of its own.
      setInterval(() => undefined, 15_000)
      return respond((controller) => responsesOfIsolate.push(controller))
    }
    let response: Controller
    const socket = await openSocket(hub, (message) => response.enqueue(message))
    return respond(
      (controller) => {
        response = controller
        socket.accept()
      },
      () => socket.close(),
    )
  },
} satisfies ExportedHandler<BareEnv>
