/** Reads the edit list of a track (ISO/IEC 14496-12, 8.6.6). */
import { findContent } from './boxes.ts'

interface Edit {
  /** In ticks of the movie. */
  duration: number
  /** Time of the first sample that is shown, in ticks of the track; -1 for a gap. */
  start: number
}

/** @param trak content of the box `trak` */
function* listEdits(trak: Buffer): Generator<Edit> {
  const list = findContent(trak, 'edts', 'elst')
  const isLarge = list?.[0] === 1
  const bytes = isLarge ? 20 : 12
  for (let at = 8; list !== null && at + bytes <= list.length; at += bytes) {
    yield isLarge
      ? { duration: Number(list.readBigUInt64BE(at)), start: Number(list.readBigInt64BE(at + 8)) }
      : { duration: list.readUInt32BE(at), start: list.readInt32BE(at + 4) }
  }
}

/** By how much the edit list of a track moves its samples in time. */
export interface Shift {
  /** Duration of the gap at the start. */
  gapSeconds: number
  /** Time of the first sample that is shown. */
  skippedSeconds: number
  /** False for a track of which several parts are shown, so that later samples are moved otherwise. */
  isOnlyOne: boolean
}

/**
 * @param trak content of the box `trak`
 * @param movie content of the box `mvhd`
 * @returns zeros without an edit list, or if it has no unit of time
 */
export function readShift(trak: Buffer, movie: Buffer | null): Shift {
  const movieScale = readTimescale(movie)
  const mediaScale = readTimescale(findContent(trak, 'mdia', 'mdhd'))
  const edits = movieScale === null || mediaScale === null ? [] : listEdits(trak)
  let gapTicks = 0
  let firstShown: number | null = null
  let isOnlyOne = true
  for (const { duration, start } of edits) {
    // A hostile list can have millions of edits.
    if (firstShown !== null) {
      isOnlyOne = false
      break
    }
    if (start >= 0) {
      firstShown = start
    } else {
      gapTicks += duration
    }
  }
  return {
    gapSeconds: gapTicks / Math.max(1, movieScale ?? 1),
    skippedSeconds: (firstShown ?? 0) / Math.max(1, mediaScale ?? 1),
    isOnlyOne,
  }
}

/**
 * Returns the ticks per second of a movie or a track; null when there is no header, or it is cut off.
 *
 * @param header content of the box `mvhd` or `mdhd`
 */
export function readTimescale(header: Buffer | null): number | null {
  return header === null || header.length < 24
    ? null
    : header.readUInt32BE(header[0] === 1 ? 20 : 12)
}
