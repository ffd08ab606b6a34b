/**
 * Reads the index of an MP4 file with one track of video, as ffmpeg writes it (ISO/IEC 14496-12). It takes
 * a millisecond; ffprobe takes a tenth of a second, most of it to start.
 */
import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { findContent, listBoxes, MAX_HEADER_BYTES, readBoxHeader } from './boxes.ts'
import { readShift, readTimescale } from './editList.ts'

export interface VideoTrack {
  /** Ticks per second. */
  timescale: number
  /** In the order of decoding, with the times at which they are shown. At least one. */
  frames: { ticks: number; isKeyframe: boolean }[]
  /** Duration of the last frame in the order of decoding. */
  lastFrameTicks: number
  /** SHA-256 of the frame size and of what the decoder is configured with. */
  decoderConfig: string
}

/** Bytes of a table before its first entry: version, flags and number of entries. */
const TABLE_HEADER_BYTES = 8
/** Fields of a video sample entry before its boxes. */
const VISUAL_ENTRY_BYTES = 78
/** Bytes of the width and the height in them. */
const SIZE_FIELDS = [24, 28] as const
/** An hour with 120 frames a second has at most 9 MB. */
const MAX_INDEX_BYTES = 256 * 1024 ** 2

/**
 * @returns null when the file has no track, or its track has no frames
 * @throws Error when the file has no valid index
 */
export async function readVideoTrack(file: string): Promise<VideoTrack | null> {
  const index = await readIndex(file)
  const trak = findContent(index, 'trak')
  const samples = trak && findContent(trak, 'mdia', 'minf', 'stbl')
  const timescale = trak && readTimescale(findContent(trak, 'mdia', 'mdhd'))
  if (samples === null || !timescale) {
    return null
  }
  const table = (type: string) => findContent(samples, type)
  const count = table('stsz')?.readUInt32BE(TABLE_HEADER_BYTES) ?? 0
  if (count === 0) {
    return null
  }
  const shiftTicks = Math.round(readShift(trak!, findContent(index, 'mvhd')) * timescale)
  const durations = expandRuns(table('stts'), count)
  const composition = table('ctts')
  const offsets = composition && expandRuns(composition, count)
  const keyframes = readNumbers(table('stss'))
  let decodeTicks = 0
  const frames = durations.map((duration, at) => {
    const ticks = decodeTicks + (offsets?.[at] ?? 0) + shiftTicks
    decodeTicks += duration
    return { ticks, isKeyframe: keyframes?.has(at + 1) ?? true }
  })
  return {
    timescale,
    frames,
    lastFrameTicks: Math.max(1, durations.at(-1)!),
    decoderConfig: hashConfig(table('stsd')),
  }
}

/** Returns the content of the box `moov`. The frames, which are in another box, are not read. */
async function readIndex(file: string): Promise<Buffer> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  for (let position = 0; position < size;) {
    const header = await readBytes(handle, position, Math.min(size, position + MAX_HEADER_BYTES))
    const box = readBoxHeader(header, position, size)
    if (box === null || box.end > size) {
      break
    }
    if (box.type === 'moov' && box.end - box.start <= MAX_INDEX_BYTES) {
      return readBytes(handle, box.contentStart, box.end)
    }
    position = box.end
  }
  throw new Error('The file has no valid index.')
}

async function readBytes(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start)
  return buffer.subarray(0, bytesRead)
}

/** Returns the value of each sample, from a table of runs: how many samples, and their value. */
function expandRuns(table: Buffer | null, count: number): number[] {
  const values: number[] = []
  for (let at = TABLE_HEADER_BYTES; table !== null && at + 8 <= table.length; at += 8) {
    const run = Math.min(table.readUInt32BE(at), count - values.length)
    // ffmpeg writes negative offsets in both versions of `ctts`.
    const value = table.readInt32BE(at + 4)
    for (let each = 0; each < run; each++) {
      values.push(value)
    }
  }
  if (values.length < count) {
    throw new Error(`The index has the times of ${values.length} frames instead of ${count}.`)
  }
  return values
}

/** Returns the numbers of the key frames, from 1; null if all frames are key frames. */
function readNumbers(table: Buffer | null): Set<number> | null {
  if (table === null) {
    return null
  }
  const numbers = new Set<number>()
  for (let at = TABLE_HEADER_BYTES; at + 4 <= table.length; at += 4) {
    numbers.add(table.readUInt32BE(at))
  }
  return numbers
}

/** Leaves out the name of the encoder, and `btrt`, which has the bit rate. */
function hashConfig(descriptions: Buffer | null): string {
  const hash = createHash('sha256')
  for (const { type, content } of listBoxes((descriptions ?? NONE).subarray(TABLE_HEADER_BYTES))) {
    hash.update(type).update(content.subarray(...SIZE_FIELDS))
    for (const box of listBoxes(content.subarray(VISUAL_ENTRY_BYTES))) {
      if (box.type !== 'btrt') {
        hash.update(box.type).update(box.content)
      }
    }
  }
  return hash.digest('hex')
}

const NONE = Buffer.alloc(0)
