/** A TCP proxy whose connections a test can cut. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export async function startTcpProxy(targetUrl: string) {
  const { hostname, port } = new URL(targetUrl)
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((incoming) => {
    if (isCut) {
      return void incoming.destroy()
    }
    const outgoing = connect(Number(port), hostname)
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Closes all connections, and refuses new ones until `restore` is called. */
    cut(): void {
      isCut = true
      for (const socket of sockets) {
        socket.destroy()
      }
    },
    restore: () => void (isCut = false),
    close(): void {
      server.close()
      for (const socket of sockets) {
        socket.destroy()
      }
    },
  }
}
