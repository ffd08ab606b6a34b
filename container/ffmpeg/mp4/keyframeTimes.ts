/** Finds the key frames from which ffmpeg decodes when it seeks, in the index of an MP4 file. */
import { listBoxes } from './boxes.ts'
import {
  hasNegativeRun,
  isVideoTrack,
  openRuns,
  openSampleTables,
  listNumbers,
  type SampleTables,
} from './sampleTables.ts'

/** In ticks of the track. */
interface Keyframe {
  /** From this time on, a seek of ffmpeg finds it. */
  found: number
  shown: number
}

/** A hostile index can claim four billion frames in a few bytes. A day with 60 frames a second has 5 million. */
const MAX_SAMPLES = 10_000_000

/**
 * Returns for each time the key frame that ffmpeg finds when it seeks to it (`mov_seek_stream`): the last one
 * whose decoding time, counted from the first frame of the track, is not after it, or else the first one.
 *
 * @param index content of the box `moov`
 * @param stream number of the stream of video, from 0
 * @param times rising seconds in the timestamps of the file
 * @returns seconds at which the key frames are shown; null for an index that is not valid, or of which ffmpeg
 *   can calculate other times: one with frames that are shown before they are decoded, or of which the edit list
 *   shows several parts, or does not show the first frame
 */
export function findKeyframeTimes(
  index: Buffer,
  stream: number,
  times: readonly number[],
): number[] | null {
  try {
    const tables = openReliableTables(index, stream)
    return tables && findLatest(tables, times)
  } catch {
    // Not all key frames have times.
    return null
  }
}

function openReliableTables(index: Buffer, stream: number): SampleTables | null {
  const trak = listBoxes(index).filter(({ type }) => type === 'trak')[stream]?.content
  const tables = trak && openSampleTables(index, trak)
  if (!tables || !isVideoTrack(trak) || tables.count > MAX_SAMPLES || !tables.hasOneShift) {
    return null
  }
  const offsets = tables.table('ctts')
  if (offsets === null) {
    return tables.skippedTicks === 0 ? tables : null
  }
  const isFirstShown = [0, openRuns(offsets)(0).value].includes(tables.skippedTicks)
  return isFirstShown && !hasNegativeRun(offsets) ? tables : null
}

function findLatest(tables: SampleTables, times: readonly number[]): number[] | null {
  const { timescale } = tables
  const keyframes = listKeyframes(tables)
  let latest = keyframes.next().value
  if (latest === undefined) {
    return null
  }
  let next = keyframes.next().value
  return times.map((time) => {
    const ticks = Math.round(time * timescale)
    while (next !== undefined && next.found <= ticks) {
      latest = next
      next = keyframes.next().value
    }
    return latest!.shown / timescale
  })
}

/** Returns the key frames in the order of decoding. @throws Error when one has no time */
function* listKeyframes(tables: SampleTables): Generator<Keyframe, undefined> {
  const { table, count, gapTicks, skippedTicks } = tables
  const offsets = table('ctts')
  const duration = openRuns(table('stts') ?? Buffer.alloc(0))
  const offset = offsets && openRuns(offsets)
  for (const sample of listSamples(table('stss'), count)) {
    const found = duration(sample).sumBefore + gapTicks
    yield { found, shown: found + (offset?.(sample).value ?? 0) - skippedTicks }
  }
}

/** Lists the numbers of the samples that are key frames, from 0: all of them without a table. */
function* listSamples(numbers: Buffer | null, count: number): Generator<number> {
  if (numbers === null) {
    for (let sample = 0; sample < count; sample++) {
      yield sample
    }
    return
  }
  let last = -1
  for (const number of listNumbers(numbers)) {
    if (number - 1 <= last || number > count) {
      throw new Error('The key frames are not in the order of the frames.')
    }
    last = number - 1
    yield last
  }
}
