/**
 * Many clients of one event stream, in a process of their own, so that they do not share the thread
 * of the bench. They use raw sockets, and read only the ids of the events.
 *
 * Arguments: the port, and the header Authorization. Commands come over IPC, one at a time.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export type ClientCommand =
  | { type: 'open'; path: string; count: number; isStalled: boolean }
  /** Reports once `events` more events have reached all clients that are not stalled. */
  | { type: 'await'; events: number; timeoutMs: number }

/** The response to each command. */
export interface ClientReport {
  /** When each event reached the last client, in the order of their ids (ms since the epoch). */
  completedAt: [id: number, ms: number][]
  /** For each client that is not stalled, the number of events that it has received. */
  received: number[]
  /** Clients whose stream has ended. */
  ended: number
}

/** Stays below the rate limit of the service, 1,000 requests in 10 s. */
const BATCH = { size: 40, ms: 500 }
const ID = Buffer.from('\nid: ')
const CONNECTED = Buffer.from('event: connected\n')

const [port, authorization] = process.argv.slice(2) as [string, string]
/** For each event id, the number of clients that received it. */
const clientsOf = new Map<number, number>()
const completedAt = new Map<number, number>()
const received: number[] = []
let ended = 0
let onCompleted: (() => void) | null = null

/** Milliseconds since the epoch, by a clock that all processes of the machine share. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

function countEvents(chunk: Buffer, client: number): void {
  for (let at = chunk.indexOf(ID); at >= 0; at = chunk.indexOf(ID, at + ID.length)) {
    const id = Number.parseInt(chunk.toString('latin1', at + ID.length, at + ID.length + 16), 10)
    const clients = (clientsOf.get(id) ?? 0) + 1
    clientsOf.set(id, clients)
    received[client]!++
    if (clients === received.length) {
      completedAt.set(id, now())
      onCompleted?.()
    }
  }
}

/** Resolves when the stream has begun. */
function open(path: string, isStalled: boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const client = isStalled ? -1 : received.push(0) - 1
  const socket: Socket = connect(Number(port), '127.0.0.1')
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\n\r\n`
  socket.on('connect', () => socket.write(request))
  const readHead = (chunk: Buffer) => {
    if (!chunk.includes(CONNECTED)) {
      return
    }
    socket.off('data', readHead)
    if (isStalled) {
      socket.pause()
    } else {
      socket.on('data', (events: Buffer) => countEvents(events, client))
    }
    resolve()
  }
  socket.on('data', readHead)
  socket.on('error', reject)
  socket.on('close', () => {
    ended++
    reject(new Error('An event stream ended before it began.'))
  })
  return promise
}

async function run(command: ClientCommand): Promise<void> {
  if (command.type === 'open') {
    for (let opened = 0; opened < command.count; opened += BATCH.size) {
      const size = Math.min(BATCH.size, command.count - opened)
      const batch = Array.from({ length: size }, () => open(command.path, command.isStalled))
      await Promise.all([...batch, delay(BATCH.ms)])
    }
  } else {
    await awaitEvents(command.events, command.timeoutMs)
  }
  const report: ClientReport = { completedAt: [...completedAt], received, ended }
  completedAt.clear()
  process.send!(report)
}

async function awaitEvents(count: number, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const check = () => completedAt.size >= count && resolve()
  onCompleted = check
  check()
  const stop = new AbortController()
  await Promise.race([promise, delay(timeoutMs, undefined, { signal: stop.signal })])
  stop.abort()
}

process.on('message', (command: ClientCommand) => void run(command))
process.on('disconnect', () => process.exit(0))
