/** Reads fragments of an MP4 file: one after another, or the first one after any position. */
import { type Box, MAX_HEADER_BYTES, readBoxHeader } from '../../ffmpeg/mp4/boxes.ts'
import type { ReadBytes } from '../../ffmpeg/readBytes.ts'
import { readSpans, type Track, type TrackSpan } from './headers.ts'

export interface Fragment {
  /** Position of the `moof`. */
  start: number
  /** Position of the next fragment, or end of the data. */
  end: number
  /** True when no fragment follows. */
  isLast: boolean
  /** False when the file is cut off within the fragment. */
  isComplete: boolean
  /** The samples of each track, by the id of the track. */
  spans: ReadonlyMap<number, TrackSpan>
}

/** The header of a fragment has a few kilobytes, unless the fragment has thousands of frames. */
const MAX_MOOF_BYTES = 4 * 1024 ** 2
/** Maximum number of boxes between two fragments. */
const MAX_BOXES = 64
/** Bytes that a search for a fragment reads at once. */
const SCAN_BYTES = 256 * 1024
const MOOF = Buffer.from('moof')
/** Bytes that a search for a fragment reads before it gives up. */
const MAX_SCANNED_BYTES = 96 * 1024 ** 2

export interface FragmentReader {
  /**
   * Reads the fragment at a position, or the first one after the boxes there; null when there is
   * none, or its header is invalid or too large.
   */
  readNext(position: number): Promise<Fragment | null>
  /** Finds the first fragment whose `moof` begins within a range; null when none is found. */
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

  /**
   * Returns the `moof` at a position or after the boxes there. `dataEnd` is where it begins; if
   * there is none, it is where the valid boxes end.
   */
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

  /**
   * Reads the fragment at a position where the bytes `moof` were found. The data of a frame can
   * contain these bytes, so the following box must be valid too.
   */
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
      // A box that begins just before the end of the range has its type after that end.
      const bytes = await read(from, Math.min(sizeBytes, from + SCAN_BYTES + 8))
      let offset = bytes.indexOf(MOOF, 4)
      for (; offset >= 4; offset = bytes.indexOf(MOOF, offset + 1)) {
        const position = from + offset - 4
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
