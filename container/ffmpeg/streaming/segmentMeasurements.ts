/**
 * What is known of a track from the segments that were made of it so far: whether they are as they
 * must be, and the figures that playlists state. Keeps numbers, not bytes, so that a day of video
 * costs little memory.
 */
import { JobFailure } from '../../failures.ts'
import { readInitSegment, readSegment, type InitSegment, type Segment } from './mp4Boxes.ts'
import type { BitRates } from './hls.ts'
import {
  initName,
  segmentName,
  targetSeconds,
  type StreamLayout,
  type Track,
} from './streamLayout.ts'

export interface TrackMeasurements {
  track: Track
  init: InitSegment | null
  /** In their order, each beginning where the one before ends. */
  segments: Segment[]
  /** Of all files, the init segment included. */
  bytes: number
}

export function createMeasurements(track: Track): TrackMeasurements {
  return {
    track,
    init: null,
    segments: [],
    bytes: 0,
  }
}

/** @throws JobFailure `output_invalid` when it is not what the layout says */
export function addInitSegment(measured: TrackMeasurements, bytes: Buffer): void {
  const { track } = measured
  const init = read(initName(track), () => readInitSegment(bytes))
  const wanted = track.video?.size ?? null
  if (init.size?.width !== wanted?.width || init.size?.height !== wanted?.height) {
    throw wrong(
      `${track.name} measures ${init.size?.width} by ${init.size?.height} instead of ${wanted?.width} by ${wanted?.height}.`,
    )
  }
  measured.init = init
  measured.bytes += bytes.length
}

/** @throws JobFailure `output_invalid` when it does not follow on, or is not cut where it must be */
export function addSegment(measured: TrackMeasurements, bytes: Buffer, layout: StreamLayout): void {
  const { track, segments } = measured
  const name = segmentName(track, segments.length + 1)
  const segment = read(name, () => readSegment(bytes))
  const before = segments.at(-1)
  const begin = before === undefined ? 0 : before.start + before.duration
  // Ticks round: a picture of 1001/30000 s has no whole number of them in every timescale.
  if (Math.abs(segment.start - begin) > 2) {
    throw wrong(`${name} does not begin where the segment before it ends.`)
  }
  if (track.video !== null && !(segment.startsWithKeyframe && segment.keyframes === 1)) {
    throw wrong(`${name} has not one keyframe, at its start, but ${segment.keyframes}.`)
  }
  const seconds = segment.duration / requireTimescale(measured)
  if (Math.round(seconds) > targetSeconds(layout)) {
    throw wrong(
      `${name} is ${seconds.toFixed(2)} seconds long; ${targetSeconds(layout)} are the most.`,
    )
  }
  segments.push(segment)
  measured.bytes += bytes.length
}

/** The last segment becomes part of the one before: both are in one file, one after the other. */
export function mergeLastSegment({ segments }: TrackMeasurements): void {
  const last = segments.pop()
  const before = segments.at(-1)
  if (last === undefined || before === undefined) {
    throw new TypeError('there are no two segments')
  }
  before.duration += last.duration
  before.bytes += last.bytes
}

export function requireTimescale({ init, track }: TrackMeasurements): number {
  if (init === null) {
    throw new TypeError(`the init segment of ${track.name} is not known yet`)
  }
  return init.timescale
}

export function measuredSeconds(measured: TrackMeasurements): number {
  const ticks = measured.segments.reduce((sum, { duration }) => sum + duration, 0)
  return ticks === 0 ? 0 : ticks / requireTimescale(measured)
}

/**
 * The peak is that of neighbouring segments that together last for half to one and a half times the
 * target, as RFC 8216bis has it, so that a short last one does not count by itself.
 */
export function measureBitRates(
  measured: TrackMeasurements,
  layout: StreamLayout,
  keyframesOnly = false,
): BitRates {
  const scale = requireTimescale(measured)
  const pieces = measured.segments.map(({ bytes, first, duration }) => ({
    bits: (keyframesOnly ? first.length : bytes) * 8,
    seconds: duration / scale,
  }))
  const sum = (key: 'bits' | 'seconds') => pieces.reduce((all, piece) => all + piece[key], 0)
  const average = sum('bits') / (sum('seconds') || 1)
  const target = targetSeconds(layout)
  let peak = average
  pieces.forEach((_, from) => {
    let bits = 0
    let seconds = 0
    for (let at = from; at < pieces.length && seconds < target / 2; at++) {
      bits += pieces[at]!.bits
      seconds += pieces[at]!.seconds
    }
    if (seconds >= target / 2 && seconds <= target * 1.5) {
      peak = Math.max(peak, bits / seconds)
    }
  })
  return { peak, average }
}

/** @throws JobFailure `output_invalid` when the rungs do not change over at the same moments */
export function checkAligned(all: readonly TrackMeasurements[]): void {
  const [first, ...others] = all.filter(({ track }) => track.video !== null)
  for (const other of others) {
    const apart = first!.segments.findIndex(
      ({ start, duration }, at) =>
        start !== other.segments[at]?.start || duration !== other.segments[at].duration,
    )
    if (apart < 0 && first!.segments.length === other.segments.length) {
      continue
    }
    throw wrong(`${first!.track.name} and ${other.track.name} are not cut at the same pictures.`)
  }
}

function read<T>(name: string, reading: () => T): T {
  try {
    return reading()
  } catch (error) {
    throw new JobFailure('output_invalid', `The result has a file ${name} that cannot be read.`, {
      cause: error,
    })
  }
}

function wrong(message: string): JobFailure {
  return new JobFailure('output_invalid', `In the result, ${message}`)
}
