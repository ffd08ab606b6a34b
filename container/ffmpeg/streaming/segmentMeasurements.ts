/**
 * Measurements of the segments of a track: checks each segment, and records the numbers that
 * playlists need. The contents of the segments are not kept in memory.
 */
import { JobFailure } from '../../failures.ts'
import type { BitRates } from './hls.ts'
import { type InitSegment, readInitSegment, readSegment, type Segment } from './mp4Boxes.ts'
import {
  initName,
  segmentName,
  type StreamLayout,
  targetSeconds,
  type Track,
} from './streamLayout.ts'

export interface TrackMeasurements {
  track: Track
  init: InitSegment | null
  /** In order; each begins where the previous one ends. */
  segments: Segment[]
  /** Total size of the init segment and the measured media segments. */
  bytes: number
  /** The first measured segment: its number, counted from 1, and its start. */
  first: FirstSegment
}

export interface FirstSegment {
  number: number
  seconds: number
}

/**
 * Maximum difference between the start of a segment and the end of the previous one, in ticks. It
 * allows for frame durations that are rounded to ticks.
 */
const MAX_GAP_TICKS = 2

/** @param first of a chunk; absent for the whole stream */
export function createMeasurements(
  track: Track,
  first: FirstSegment = { number: 1, seconds: 0 },
): TrackMeasurements {
  return { track, init: null, segments: [], bytes: 0, first }
}

/** @throws JobFailure `output_invalid` when it cannot be read, or its frame size was not planned */
export function addInitSegment(measured: TrackMeasurements, bytes: Buffer): void {
  const { track } = measured
  const init = readFile(initName(track), () => readInitSegment(bytes))
  checkTrackSize(track, { width: init.size?.width ?? null, height: init.size?.height ?? null })
  measured.init = init
  measured.bytes += bytes.length
}

/** @throws JobFailure `output_invalid` when the frame size is not the planned one */
export function checkTrackSize(
  { name, video }: Track,
  { width, height }: { width: number | null; height: number | null },
): void {
  const planned = video?.size ?? null
  if (width !== (planned?.width ?? null) || height !== (planned?.height ?? null)) {
    const [actual, expected] = [
      width === null ? 'missing' : `${width} by ${height}`,
      planned === null ? 'none' : `${planned.width} by ${planned.height}`,
    ]
    throw invalidOutput(`the frame size of ${name} is ${actual} instead of ${expected}.`)
  }
}

/**
 * @throws JobFailure `output_invalid` when the segment cannot be read, does not begin where the
 *   previous one ends, or is too long; for video, also when it has not exactly one key frame, at
 *   its start
 */
export function addSegment(measured: TrackMeasurements, bytes: Buffer, layout: StreamLayout): void {
  const { track, segments, first } = measured
  const name = segmentName(track, first.number + segments.length)
  const segment = readFile(name, () => readSegment(bytes))
  const previous = segments.at(-1)
  const expectedStart =
    previous === undefined
      ? Math.round(first.seconds * requireTimescale(measured))
      : previous.start + previous.duration
  if (Math.abs(segment.start - expectedStart) > MAX_GAP_TICKS) {
    throw invalidOutput(`${name} begins at tick ${segment.start} instead of ${expectedStart}.`)
  }
  if (track.video !== null && !(segment.startsWithKeyframe && segment.keyframes === 1)) {
    throw invalidOutput(
      `${name} has ${segment.keyframes} key frames; it must have one, at its start.`,
    )
  }
  const seconds = segment.duration / requireTimescale(measured)
  const target = targetSeconds(layout)
  if (Math.round(seconds) > target) {
    throw invalidOutput(
      `the duration of ${name} is ${seconds.toFixed(2)} seconds; at most ${target} are allowed.`,
    )
  }
  segments.push(segment)
  measured.bytes += bytes.length
}

/**
 * Merges the measurements of the last segment into those of the previous one. The caller has
 * appended the file of the last segment to that of the previous one.
 */
export function mergeLastSegment({ segments }: TrackMeasurements): void {
  const last = segments.pop()
  const previous = segments.at(-1)
  if (last === undefined || previous === undefined) {
    throw new TypeError('there are fewer than two segments')
  }
  previous.duration += last.duration
  previous.bytes += last.bytes
}

/** Returns the ticks per second of the track. */
export function requireTimescale({ init, track }: TrackMeasurements): number {
  if (init === null) {
    throw new TypeError(`the init segment of ${track.name} has not been measured`)
  }
  return init.timescale
}

/** Total duration of all segments in seconds. */
export function measuredSeconds(measured: TrackMeasurements): number {
  const ticks = measured.segments.reduce((sum, { duration }) => sum + duration, 0)
  return ticks === 0 ? 0 : ticks / requireTimescale(measured)
}

/**
 * Measures the average and the peak bit rate. As in RFC 8216bis, the peak is the highest rate of any
 * adjacent segments with a total duration of 0.5 to 1.5 times the target duration, so that a short
 * last segment is not measured alone.
 *
 * @param keyframesOnly measures only the first frame of each segment
 */
export function measureBitRates(
  measured: TrackMeasurements,
  layout: StreamLayout,
  keyframesOnly = false,
): BitRates {
  const timescale = requireTimescale(measured)
  const segments = measured.segments.map(({ bytes, first, duration }) => ({
    bits: (keyframesOnly ? first.length : bytes) * 8,
    seconds: duration / timescale,
  }))
  const sum = (key: 'bits' | 'seconds') => segments.reduce((total, each) => total + each[key], 0)
  const average = sum('bits') / (sum('seconds') || 1)
  const target = targetSeconds(layout)
  let peak = average
  segments.forEach((_, first) => {
    let bits = 0
    let seconds = 0
    for (const segment of segments.slice(first)) {
      bits += segment.bits
      seconds += segment.seconds
      if (seconds > target * 1.5) {
        break
      }
      if (seconds >= target / 2) {
        peak = Math.max(peak, bits / seconds)
      }
    }
  })
  return { peak, average }
}

/**
 * @throws JobFailure `output_invalid` when the segments of the video tracks have different times
 */
export function checkAligned(tracks: readonly TrackMeasurements[]): void {
  const [first, ...others] = tracks.filter(({ track }) => track.video !== null)
  if (first === undefined) {
    return
  }
  for (const other of others) {
    if (!areAligned(first.segments, other.segments)) {
      throw invalidOutput(
        `the segments of ${first.track.name} and ${other.track.name} do not begin at the same frames.`,
      )
    }
  }
}

function areAligned(one: readonly Segment[], other: readonly Segment[]): boolean {
  return (
    one.length === other.length &&
    one.every(
      ({ start, duration }, index) =>
        start === other[index]?.start && duration === other[index].duration,
    )
  )
}

function readFile<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new JobFailure('output_invalid', `The file ${name} of the output cannot be read.`, {
      cause: error,
    })
  }
}

function invalidOutput(message: string): JobFailure {
  return new JobFailure('output_invalid', `In the output, ${message}`)
}
