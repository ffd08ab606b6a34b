/**
 * Sends the events of a hub's WebSocket to a client as server-sent events. The Worker holds the
 * connection of the client and sends the heartbeats, so that the hub can hibernate. A stream
 * forwards every message of the hub as it is, or it ends. It also ends when the hub stops
 * responding, so that the client reconnects.
 */
import type { EventRange } from '../db/events.ts'
import { describeError, logError } from '../log.ts'
import { type EventStream, PING, PONG } from '../platform/hubClient.ts'
import { ClientWriter } from './ClientWriter.ts'
import { encodeFrame } from './frames.ts'
import { type ReadMissed, replayMissed } from './replay.ts'

const HEARTBEAT_MS = 15_000
/**
 * Some proxies hide that a client has disconnected, so a stream has a maximum age. The age and the
 * reconnection time of the client are random. If they were fixed, all clients that a deploy
 * disconnects would reconnect at the same moment, and again after each maximum age.
 */
const AGE_MS = { min: 20 * 60_000, max: 30 * 60_000 }
const RETRY_MS = { min: 1_000, max: 5_000 }

function chooseBetween({ min, max }: { min: number; max: number }): number {
  return Math.round(min + Math.random() * (max - min))
}

export interface StreamOptions {
  /** Reads events of the log that the client missed. */
  readMissed: ReadMissed
  /** When the client's access expires (ms since the epoch); null for never. */
  expiresAt: number | null
  /** The socket by which the stream is counted (see `takeStream`); null if it is not counted. */
  limiterSocket: WebSocket | null
}

/**
 * Serves one client, and returns the body of its response. The stream ends when the client
 * disconnects or is too slow, one of the sockets closes or its other end stops responding, the
 * stream has reached its maximum age, or its access expires.
 */
export function streamEvents(
  { socket, cursor, liveAfter, isLost }: EventStream,
  { readMissed, expiresAt, limiterSocket }: StreamOptions,
): ReadableStream<Uint8Array> {
  const sockets = limiterSocket === null ? [socket] : [socket, limiterSocket]
  /** Sockets that have brought no message since the last heartbeat. */
  const silent = new Set<WebSocket>()
  const client = new ClientWriter(end)
  const heartbeat = setInterval(sendHeartbeat, HEARTBEAT_MS)
  const remainingMs = expiresAt === null ? Infinity : Math.max(expiresAt - Date.now(), 0)
  const age = setTimeout(end, Math.min(chooseBetween(AGE_MS), remainingMs))
  let isEnded = false

  function end() {
    if (isEnded) {
      return
    }
    isEnded = true
    clearInterval(heartbeat)
    clearTimeout(age)
    for (const one of sockets) {
      one.close(1000)
    }
    client.close()
  }
  function sendHeartbeat() {
    if (silent.size > 0) {
      return end()
    }
    for (const one of sockets) {
      silent.add(one)
      one.send(PING)
    }
    const data = JSON.stringify({ timestamp: Date.now() })
    client.write(encodeFrame({ event: 'heartbeat', data }))
  }
  function forward({ data }: MessageEvent) {
    silent.delete(socket)
    if (typeof data !== 'string') {
      client.writeNew(new Uint8Array(data as ArrayBuffer))
    }
    // A hub of another version.
    else if (data !== PONG) {
      end()
    }
  }
  // The first message has an id, so that a client that resumes before its first event misses none.
  const clientId = `client_${crypto.randomUUID().replaceAll('-', '')}`
  const data = JSON.stringify({ clientId })
  client.write(
    encodeFrame({ event: 'connected', data, id: cursor, retry: chooseBetween(RETRY_MS) }),
  )
  if (isLost) {
    const reason = 'Events after your last one may be missing. List the jobs again.'
    client.write(encodeFrame({ event: 'resync', data: JSON.stringify({ reason }) }))
  }
  // Not in a closure, which would keep what it needs for as long as the stream is open.
  void sendMissed(client, readMissed, { after: cursor, until: liveAfter }).catch(end)
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('message', forward)
  limiterSocket?.addEventListener('message', () => silent.delete(limiterSocket))
  for (const one of sockets) {
    one.addEventListener('close', end)
    one.addEventListener('error', end)
    one.accept()
  }
  return client.body
}

async function sendMissed(
  client: ClientWriter,
  readMissed: ReadMissed,
  range: EventRange,
): Promise<void> {
  try {
    await replayMissed(readMissed, range, (message) => client.writeMissed(message))
  } catch (error) {
    logError('replay_failed', { error: describeError(error) })
    throw error
  }
  client.releaseNew()
}
