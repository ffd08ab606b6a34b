/**
 * Counts the open event streams of one API key, or of all visitors. Each stream holds a socket to
 * the object for as long as it is open, so the number of sockets is the number of streams, over all
 * queues and all locations.
 */
import { DurableObject } from 'cloudflare:workers'
import { PING, PONG } from '../platform/hubClient.ts'

function isOpen(socket: WebSocket) {
  return socket.readyState === WebSocket.OPEN
}

export class StreamLimiter extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  /**
   * Upgrades to the socket of a stream. The status is 429 if there are `max` streams already, or
   * `maxOfClient` of the same `client`. The count and the new socket are not separated by an
   * `await`, so that concurrent requests cannot exceed a limit.
   */
  override fetch(request: Request): Response {
    const { searchParams: query } = new URL(request.url)
    const client = query.get('client')
    const isFull =
      this.countOpen() >= Number(query.get('max')) ||
      (client !== null && this.countOpen(client) >= Number(query.get('maxOfClient')))
    if (isFull) {
      return new Response(null, { status: 429 })
    }
    const { 0: streamSocket, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server, client === null ? [] : [client])
    return new Response(null, { status: 101, webSocket: streamSocket })
  }

  private countOpen(client?: string): number {
    return this.ctx.getWebSockets(client).filter(isOpen).length
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code)
  }
}
