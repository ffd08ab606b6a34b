/** Reads the tables of the samples of a track (ISO/IEC 14496-12, 8.6.1 and 8.6.2) in the index of an MP4 file. */
import { findContent } from './boxes.ts'
import { readShift, readTimescale } from './editList.ts'

/** Bytes of a table before its first entry: version, flags and number of entries. */
export const TABLE_HEADER_BYTES = 8

export interface SampleTables {
  /** Ticks per second. */
  timescale: number
  /** The edit list: duration of the gap at the start, and time of the first sample that is shown. */
  gapTicks: number
  skippedTicks: number
  /** See `Shift`. */
  hasOneShift: boolean
  /** Number of samples. */
  count: number
  /** Returns the content of a table, such as `stts`; null when there is none. */
  table: (type: string) => Buffer | null
}

/**
 * @param index content of the box `moov`
 * @param trak content of the box `trak`
 * @returns null for a track without a unit of time or without tables
 */
export function openSampleTables(index: Buffer, trak: Buffer): SampleTables | null {
  const samples = findContent(trak, 'mdia', 'minf', 'stbl')
  const timescale = readTimescale(findContent(trak, 'mdia', 'mdhd'))
  if (samples === null || !timescale) {
    return null
  }
  const table = (type: string) => findContent(samples, type)
  const sizes = table('stsz')
  const { gapSeconds, skippedSeconds, isOnlyOne } = readShift(trak, findContent(index, 'mvhd'))
  return {
    timescale,
    gapTicks: Math.round(gapSeconds * timescale),
    skippedTicks: Math.round(skippedSeconds * timescale),
    hasOneShift: isOnlyOne,
    count: sizes === null || sizes.length < 12 ? 0 : sizes.readUInt32BE(8),
    table,
  }
}

/** @param trak content of the box `trak` */
export function isVideoTrack(trak: Buffer): boolean {
  return findContent(trak, 'mdia', 'hdlr')?.toString('latin1', 8, 12) === 'vide'
}

export interface RunValue {
  value: number
  /** Sum of the values of all samples before. */
  sumBefore: number
}

/**
 * Returns a function that finds the value of a sample in a table of runs: how many samples, and their
 * value. Values are signed, because ffmpeg writes negative offsets in both versions of `ctts`.
 *
 * The function takes numbers of samples, from 0, that do not fall. @throws Error when the table has fewer samples
 */
export function openRuns(table: Buffer): (sample: number) => RunValue {
  let at = TABLE_HEADER_BYTES
  let first = 0
  let sumBefore = 0
  return (sample) => {
    for (; at + 8 <= table.length; at += 8) {
      const samples = table.readUInt32BE(at)
      const value = table.readInt32BE(at + 4)
      if (sample < first + samples) {
        return { value, sumBefore: sumBefore + (sample - first) * value }
      }
      first += samples
      sumBefore += samples * value
    }
    throw new Error(`The index has the times of ${first} frames, and none for frame ${sample + 1}.`)
  }
}

export function hasNegativeRun(table: Buffer): boolean {
  for (let at = TABLE_HEADER_BYTES; at + 8 <= table.length; at += 8) {
    if (table.readInt32BE(at + 4) < 0) {
      return true
    }
  }
  return false
}

/** Lists the numbers of a table, such as those of the key frames in `stss`, from 1. */
export function* listNumbers(table: Buffer): Generator<number> {
  for (let at = TABLE_HEADER_BYTES; at + 4 <= table.length; at += 4) {
    yield table.readUInt32BE(at)
  }
}
