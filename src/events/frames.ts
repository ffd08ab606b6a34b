/**
 * Server-sent events as bytes. The hub encodes each event once, and its clients receive the same
 * bytes.
 */
import type { EventRow } from '../db/rows.ts'
import { joinBytes } from '../domain/joinBytes.ts'

export interface Message {
  event: string
  /** One line. */
  data: string
  id?: number
  /** Milliseconds after which a disconnected client connects again. */
  retry?: number
}

/** Several events are sent as one message of at most this size, unless one event is larger. */
const MAX_MESSAGE_BYTES = 64 * 1024

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function encodeFrame({ event, data, id, retry }: Message): Uint8Array {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  const retryLine = retry === undefined ? '' : `retry: ${retry}\n`
  return encoder.encode(`event: ${event}\ndata: ${data}\n${idLine}${retryLine}\n`)
}

/** `data` of a row is JSON that the database wrote, in which line ends are escaped. */
export function encodeRow({ type, seq, data }: EventRow): Uint8Array {
  return encodeFrame({ event: type, data, id: seq })
}

/** Joins frames to as few messages as possible. */
export function joinFrames(frames: Uint8Array[]): Uint8Array[] {
  if (frames.length === 1) {
    return frames
  }
  const messages: Uint8Array[] = []
  let begin = 0
  let size = 0
  for (const [index, { length }] of frames.entries()) {
    if (size > 0 && size + length > MAX_MESSAGE_BYTES) {
      messages.push(joinBytes(frames.slice(begin, index), size))
      begin = index
      size = 0
    }
    size += length
  }
  if (size > 0) {
    messages.push(joinBytes(frames.slice(begin), size))
  }
  return messages
}

/** Returns the names of the events in a message. */
export function listEventNames(message: ArrayBuffer): string[] {
  return [...decoder.decode(message).matchAll(/^event: (.*)$/gm)].map(([, name]) => name!)
}
