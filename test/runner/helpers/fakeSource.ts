/** The source route of the fake gateway: serves ranges of files, and simulates faults. */
import { createHash } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { NO_DIGEST } from '../../../src/contract/runnerProtocol.ts'

/**
 * Fault that the gateway simulates for one source request; null for a correct response.
 *
 * - `drop`: closes the connection after half of the bytes
 * - `error`: 503
 * - `hold`: never responds
 * - `gone`: 404
 * - `changed`: 412
 * - `flip`: sends one wrong bit
 */
export type SourceFault = 'drop' | 'error' | 'hold' | 'gone' | 'changed' | 'flip' | null

interface SourceState {
  events: EventEmitter
  /** Version of the runner protocol. */
  protocolVersion: number
  /** Number of source bytes in complete responses. */
  sourceBytes: number
  /** Range of each source request. */
  sourceCalls: { start: number; end: number }[]
  /** Returns the fault of the request with the number `call`, counted from 1. */
  sourceFault: (start: number, call: number) => SourceFault
}

/** An error that the fake gateway returns with this status. */
export function statusError(status: number): Error {
  return Object.assign(new Error(`the fake gateway returned ${status}`), { status })
}

export function contentDigest(bytes: Buffer) {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
}

/** Serves a range of a file, or simulates the fault that `gateway.sourceFault` returns. */
export async function sendSource(
  gateway: SourceState,
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  if (range === null) {
    throw statusError(400)
  }
  const start = Number(range[1])
  const end = Number(range[2]) + 1
  gateway.sourceCalls.push({ start, end })
  const sourceFault = gateway.sourceFault(start, gateway.sourceCalls.length)
  gateway.events.emit('source', { start, end, sourceFault })
  if (sourceFault === 'error') {
    throw statusError(503)
  }
  if (sourceFault === 'gone') {
    throw statusError(404)
  }
  if (sourceFault === 'changed') {
    throw statusError(412)
  }
  if (sourceFault === 'hold') {
    return
  }
  const bytes = await buffer(createReadStream(file, { start, end: end - 1 }))
  const isDigested =
    gateway.protocolVersion >= 2 && request.headers['want-content-digest'] !== NO_DIGEST
  response.writeHead(206, {
    'content-length': bytes.length,
    ...(isDigested && { 'content-digest': contentDigest(bytes) }),
    'content-range': `bytes ${start}-${end - 1}/${(await stat(file)).size}`,
  })
  if (sourceFault === 'flip') {
    bytes[0]! ^= 1
  }
  if (sourceFault === 'drop') {
    response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy())
    return
  }
  gateway.sourceBytes += bytes.length
  response.end(bytes)
}
