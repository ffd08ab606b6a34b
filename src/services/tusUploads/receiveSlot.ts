/**
 * Receives the bytes of one part of a tus upload. R2 accepts only whole parts, and a body of known
 * size, but a request may end anywhere. So the bytes are streamed to two places: to the part, and to
 * an object, the tail. If the part becomes full, the tail is aborted before its last byte. Otherwise
 * the part is aborted, and the tail is filled up with zeros; the upload's offset says how many of its
 * bytes are valid. The next request streams the tail into the part first. No part is held in memory.
 */
import { shorten } from '../../contract/quote.ts'
import type { StoredPart, TusUpload } from '../../db/tusUploads.ts'
import { joinBytes } from '../../domain/joinBytes.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { BodyReader } from '../../storage/bodyReader.ts'
import { countCheckedBytes, findContentMismatch } from '../../storage/contentCheck.ts'
import type { PartResult, PutResult } from '../../storage/objectStore.ts'
import { EndedEarly, StreamSink } from '../../storage/streamSink.ts'
import { tailPrefix } from '../files/multipartUploads.ts'
import { toMultipartUpload } from '../files/uploadParts.ts'
import type { Platform } from '../ports.ts'

/** Time after which a store that sends nothing has failed. */
const STORE_IDLE_MS = 30_000

export interface SlotState {
  /** Number of the part, from 1. */
  partNumber: number
  /** Size of the part. */
  sizeBytes: number
  /** Bytes of the part that the tail has, and its key; 0 and null if there is no tail. */
  heldBytes: number
  tailKey: string | null
  /** True if the upload ends with this part. */
  isLast: boolean
}

export type SlotResult =
  | { ok: true; stored: 'part'; part: StoredPart; newBytes: number }
  | { ok: true; stored: 'tail'; tailKey: string; newBytes: number }
  | { ok: true; stored: 'nothing' }
  | { ok: false; reason: 'gone' }
  | ErrorResult<'content_mismatch'>

export interface SlotOptions {
  /** Called for each piece of the body. */
  onBytes(bytes: Uint8Array): Promise<void>
  /** False if a body that is cut is discarded: then the bytes of a whole part need no tail. */
  keepsCutBody: boolean
}

export async function receiveSlot(
  platform: Platform,
  { upload, tus }: TusUpload,
  slot: SlotState,
  body: BodyReader,
  options: SlotOptions,
): Promise<SlotResult> {
  const { remainingBytes } = body
  const wanted = slot.sizeBytes - slot.heldBytes
  const isWhole = remainingBytes === null || remainingBytes >= wanted
  let filled = slot.heldBytes
  const read = async () => {
    const bytes = await body.read(slot.sizeBytes - filled)
    if (bytes) {
      filled += bytes.length
      await options.onBytes(bytes)
    }
    return bytes
  }
  const start = await readStart(platform, upload.filePath, slot, read)
  if (!start.ok) {
    return start
  }
  if (start.newBytes === 0 && wanted > 0) {
    return { ok: true, stored: 'nothing' }
  }

  const tailKey = `${tailPrefix(tus.id)}${crypto.randomUUID()}`
  const sinks = openSinks()
  try {
    for await (const bytes of start.pieces()) {
      await write(bytes)
    }
    for (let bytes = await read(); bytes !== null; bytes = await read()) {
      await write(bytes)
    }
    return await finish()
  } catch (error) {
    await Promise.all([sinks.part?.abort(), sinks.tail?.abort()])
    if (error instanceof EndedEarly && isGone(error.result)) {
      return { ok: false, reason: 'gone' }
    }
    throw error
  }

  function openSinks() {
    const { originals, variants } = platform
    const part = isWhole
      ? new StreamSink<PartResult>(slot.sizeBytes, (content) =>
          originals.uploadPart(toMultipartUpload(upload), slot.partNumber, content),
        )
      : null
    const needsTail = !isWhole || ((options.keepsCutBody || remainingBytes === null) && wanted > 0)
    const tailBytes = isWhole ? slot.sizeBytes : slot.heldBytes + (remainingBytes ?? 0)
    const tail = needsTail
      ? new StreamSink<PutResult>(tailBytes, (content) =>
          variants.put(tailKey, content, { contentType: 'application/octet-stream' }),
        )
      : null
    return { part, tail }
  }

  /** Writes to both. The tail does not get the last bytes of a part, because it is aborted then. */
  async function write(bytes: Uint8Array) {
    const { part, tail } = sinks
    const isFull = part !== null && part.writtenBytes + bytes.length === slot.sizeBytes
    await Promise.all([part?.write(bytes), isFull ? undefined : tail?.write(bytes)])
  }

  async function finish(): Promise<SlotResult> {
    const { part, tail } = sinks
    const newBytes = filled - slot.heldBytes
    if (part && filled === slot.sizeBytes) {
      await tail?.abort()
      const stored = await part.finish()
      if (!stored.ok) {
        return failed(stored)
      }
      return {
        ok: true,
        stored: 'part',
        part: { ...stored.part, size: slot.sizeBytes },
        newBytes,
      }
    }
    await part?.abort()
    if (!tail || newBytes === 0 || (body.isCut && !options.keepsCutBody)) {
      await tail?.abort()
      return { ok: true, stored: 'nothing' }
    }
    const stored = await tail.finishPadded()
    return stored.ok ? { ok: true, stored: 'tail', tailKey, newBytes } : failed(stored)
  }
}

function failed({ reason }: { reason: string }): { ok: false; reason: 'gone' } {
  if (reason !== 'gone') {
    throw new Error(`the store rejected a part of a tus upload: ${reason}`)
  }
  return { ok: false, reason }
}

function isGone(result: unknown): boolean {
  return (result as { reason?: string }).reason === 'gone'
}

type Start =
  | { ok: true; newBytes: number; pieces(): AsyncIterable<Uint8Array> }
  | ErrorResult<'content_mismatch'>

/**
 * Reads the bytes of a part that come first: the tail, and the first piece of the body. For part 1,
 * it reads as many as the check of the content needs, and checks them.
 */
async function readStart(
  platform: Platform,
  filePath: string,
  slot: SlotState,
  read: () => Promise<Uint8Array | null>,
): Promise<Start> {
  const checkedBytes = slot.partNumber === 1 ? countCheckedBytes(filePath) : 0
  if (slot.heldBytes >= checkedBytes && slot.heldBytes > 0) {
    return withTail(platform, slot, await read())
  }
  const held = slot.heldBytes === 0 ? [] : await collect(readTail(platform, slot))
  const pieces = [...held]
  let length = slot.heldBytes
  do {
    const bytes = await read()
    if (!bytes) {
      break
    }
    pieces.push(bytes)
    length += bytes.length
  } while (length < Math.min(checkedBytes, slot.sizeBytes))
  const isComplete = slot.isLast && length === slot.sizeBytes
  if (checkedBytes > 0 && (length >= checkedBytes || isComplete)) {
    const mismatch = await findContentMismatch(filePath, joinBytes(pieces, length))
    if (mismatch !== null) {
      return errorResult('content_mismatch', mismatch)
    }
  }
  const newBytes = length - slot.heldBytes
  return { ok: true, newBytes, pieces: () => toIterable(pieces) }
}

function withTail(platform: Platform, slot: SlotState, first: Uint8Array | null): Start {
  return {
    ok: true,
    newBytes: first?.length ?? 0,
    async *pieces() {
      yield* readTail(platform, slot)
      if (first) {
        yield first
      }
    },
  }
}

async function* readTail(
  { variants }: Platform,
  { tailKey, heldBytes }: SlotState,
): AsyncGenerator<Uint8Array> {
  const found = await variants.get(tailKey!, { range: { offset: 0, length: heldBytes } })
  if (!found.ok || found.range.length < heldBytes) {
    throw new Error(`the tail ${shorten(tailKey!)} of a tus upload is missing or too short`)
  }
  const reader = new BodyReader(found.body, heldBytes, STORE_IDLE_MS)
  for (
    let bytes = await reader.read(heldBytes);
    bytes !== null;
    bytes = await reader.read(heldBytes)
  ) {
    yield bytes
  }
  if (reader.isCut) {
    throw new Error(`reading the tail ${shorten(tailKey!)} of a tus upload was interrupted`)
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) {
    all.push(piece)
  }
  return all
}

async function* toIterable(pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}
