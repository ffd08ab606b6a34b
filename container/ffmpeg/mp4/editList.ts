/** Reads the edit list of a track (ISO/IEC 14496-12, 8.6.6). */
import { findContent } from './boxes.ts'

/**
 * Returns the seconds by which an edit list moves the samples: the duration of the gap at its
 * start, less the time of the first sample that is shown. 0 without an edit list.
 *
 * @param trak content of the box `trak`
 * @param movie content of the box `mvhd`
 */
export function readShift(trak: Buffer, movie: Buffer | null): number {
  const list = findContent(trak, 'edts', 'elst')
  const movieScale = readTimescale(movie)
  const mediaScale = readTimescale(findContent(trak, 'mdia', 'mdhd'))
  if (list === null || list.length < 8 || movieScale === null || mediaScale === null) {
    return 0
  }
  const isLarge = list[0] === 1
  const bytes = isLarge ? 20 : 12
  let gapSeconds = 0
  for (let at = 8; at + bytes <= list.length; at += bytes) {
    const duration = isLarge ? Number(list.readBigUInt64BE(at)) : list.readUInt32BE(at)
    const start = isLarge ? Number(list.readBigInt64BE(at + 8)) : list.readInt32BE(at + 4)
    if (start >= 0) {
      return gapSeconds - start / Math.max(1, mediaScale)
    }
    gapSeconds += duration / Math.max(1, movieScale)
  }
  return gapSeconds
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
