/**
 * The least that workerd does for an event stream of many clients: a Durable Object sends a message to
 * a WebSocket for each client, and the Worker writes it to the response. No database, no filters.
 */
import { DurableObject } from 'cloudflare:workers'

interface BareEnv {
  HUB: DurableObjectNamespace<Hub>
}

const encoder = new TextEncoder()

export class Hub extends DurableObject<BareEnv> {
  private readonly sockets: WebSocket[] = []

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    this.sockets.push(server)
    return new Response(null, { status: 101, webSocket: client })
  }

  send(id: number): void {
    const data = '{"jobId":"job_0123456789abcdef0123456789abcdef","filePath":"bench/fan-out.mp4"}'
    const message = encoder.encode(`event: job:created\ndata: ${data}\nid: ${id}\n\n`)
    for (const socket of this.sockets) {
      socket.send(message)
    }
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
    const { webSocket } = await hub.fetch('http://hub', { headers: { Upgrade: 'websocket' } })
    const socket = webSocket!
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode('event: connected\n\n'))
        socket.binaryType = 'arraybuffer'
        socket.addEventListener('message', ({ data }) =>
          controller.enqueue(new Uint8Array(data as ArrayBuffer)),
        )
        socket.accept()
      },
      cancel: () => socket.close(),
    })
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
  },
} satisfies ExportedHandler<BareEnv>
