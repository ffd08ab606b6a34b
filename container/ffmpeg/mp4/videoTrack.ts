/**
 * Reads the index of an MP4 file with one track of video, as ffmpeg writes it (ISO/IEC 14496-12). It takes
 * a millisecond; ffprobe takes a tenth of a second, most of it to start.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { ReadBytes } from '../readBytes.ts'
import { findContent, listBoxes } from './boxes.ts'
import { readMovieIndex } from './movieIndex.ts'
import { openRuns, openSampleTables, listNumbers, TABLE_HEADER_BYTES } from './sampleTables.ts'

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
  const tables = trak && openSampleTables(index, trak)
  if (!tables || tables.count === 0) {
    return null
  }
  const { timescale, gapTicks, skippedTicks, count, table } = tables
  const duration = openRuns(table('stts') ?? NONE)
  const composition = table('ctts')
  const offset = composition && openRuns(composition)
  const numbers = table('stss')
  const keyframes = numbers && new Set(listNumbers(numbers))
  let lastFrameTicks = 1
  const frames = Array.from({ length: count }, (_, sample) => {
    const { value, sumBefore } = duration(sample)
    lastFrameTicks = Math.max(1, value)
    const ticks = sumBefore + (offset?.(sample).value ?? 0) + gapTicks - skippedTicks
    return { ticks, isKeyframe: keyframes?.has(sample + 1) ?? true }
  })
  return { timescale, frames, lastFrameTicks, decoderConfig: hashConfig(table('stsd')) }
}

/** Returns the content of the box `moov`. The frames, which are in another box, are not read. */
async function readIndex(file: string): Promise<Buffer> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  const read: ReadBytes = async (start, end) => {
    const length = end - start
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start)
    return buffer.subarray(0, bytesRead)
  }
  const index = await readMovieIndex(size, read, MAX_INDEX_BYTES)
  if (index === null) {
    throw new Error('The file has no valid index.')
  }
  return index
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
