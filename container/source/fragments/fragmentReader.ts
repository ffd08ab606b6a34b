/** Reads fragments of an MP4 file: one after another, or the first one after any position. */
import { type Box, MAX_HEADER_BYTES, readBoxHeader } from './boxes.ts'
import { readSpans, type Track, type TrackSpan } from './headers.ts'

/** Returns the bytes of a range, which is within the file. */
export type ReadBytes = (start: number, end: number) => Promise<Buffer>

export interface Fragment {
  /** Position of the `moof`. */
  start: number
  /** Position of the next fragment, or end of the data. */
  end: number
  /** True for the last one. */
  isLast: boolean
  /** False when the file is cut off within it. */
  isComplete: boolean
  spans: ReadonlyMap<number, TrackSpan>
}

/** Fragments are a few kilobytes, unless each has thousands of frames. */
const MAX_MOOF_BYTES = 4 * 1024 ** 2
/** Boxes between two fragments. */
const MAX_BOXES = 64
const SCAN_BYTES = 256 * 1024
const MOOF = Buffer.from('moof')
/** Bytes that one look-up reads, after which it gives up. */
const MAX_SCANNED_BYTES = 96 * 1024 ** 2

export interface FragmentReader {
  /** Reads the fragment at a position, or the first one after the boxes there. */
  readNext(position: number): Promise<Fragment | null>
  /** Finds the first fragment of which the `moof` begins within a range. */
  find(start: number, end: number): Promise<Fragment | null>
  /** Reads the header of the box at a position. */
  readBox(position: number): Promise<Box | null>
}

export function createFragmentReader(options: {
  sizeBytes: number
  tracks: readonly Track[]
  read: ReadBytes
}): FragmentReader {
  const { sizeBytes, read } = options
  const tracks = new Map(options.tracks.map((track) => [track.id, track]))

  async function readBox(position: number): Promise<Box | null> {
    const end = Math.min(sizeBytes, position + MAX_HEADER_BYTES)
    return end - position < 8 ? null : readBoxHeader(await read(position, end), position, sizeBytes)
  }

  /** Returns the next `moof` at or after a box; the data ends before the returned position. */
  async function findMoof(position: number): Promise<{ moof: Box | null; dataEnd: number }> {
    let dataEnd = position
    for (let boxes = 0; boxes < MAX_BOXES; boxes++) {
      const box = await readBox(dataEnd)
      if (box === null || box.end > sizeBytes) {
        return { moof: null, dataEnd }
      }
      if (box.type === 'moof') {
        return { moof: box, dataEnd }
      }
      dataEnd = box.end
    }
    return { moof: null, dataEnd }
  }

  async function readMoof(moof: Box): Promise<Fragment | null> {
    if (moof.end - moof.start > MAX_MOOF_BYTES) {
      return null
    }
    const spans = readSpans(await read(moof.contentStart, moof.end), tracks)
    if (spans === null) {
      return null
    }
    const data = await readBox(moof.end)
    const next = await findMoof(moof.end)
    return {
      start: moof.start,
      end: next.dataEnd,
      isLast: next.moof === null,
      isComplete: data !== null && data.end <= sizeBytes,
      spans,
    }
  }

  async function readNext(position: number): Promise<Fragment | null> {
    const { moof } = await findMoof(position)
    return moof && readMoof(moof)
  }

  /** Bytes in the data of a frame can look like a box, so what follows must be right too. */
  async function readCandidate(position: number): Promise<Fragment | null> {
    const box = await readBox(position)
    if (box?.type !== 'moof' || box.end > sizeBytes) {
      return null
    }
    const following = await readBox(box.end)
    return following === null ? null : readMoof(box)
  }

  async function find(start: number, end: number): Promise<Fragment | null> {
    const last = Math.min(end, start + MAX_SCANNED_BYTES, sizeBytes)
    for (let from = start; from < last; from += SCAN_BYTES) {
      // The type of a box that begins before the end of the range can be after it.
      const bytes = await read(from, Math.min(sizeBytes, from + SCAN_BYTES + 8))
      for (let at = bytes.indexOf(MOOF, 4); at >= 4; at = bytes.indexOf(MOOF, at + 1)) {
        const position = from + at - 4
        const fragment = position < last ? await readCandidate(position) : null
        if (fragment !== null) {
          return fragment
        }
      }
    }
    return null
  }

  return { readNext, find, readBox }
}
