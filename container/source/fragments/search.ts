/**
 * Finds fragments by time without reading all of them: guesses a position from the times that are
 * known before and after it.
 */
import type { Fragment, FragmentReader } from './fragmentReader.ts'
import type { Track } from './headers.ts'

export type TimedTrack = Track & {
  /** Seconds by which ffmpeg moves the frames, in addition to the shift of the track. */
  delaySeconds: number
}

export interface SearchContext {
  reader: FragmentReader
  /** The first fragment. */
  first: Fragment
  /** Video and audio tracks; the first one is the track by which fragments are found. */
  tracks: readonly [TimedTrack, ...TimedTrack[]]
  /** Time at which each track's first sample is shown, in ticks. */
  starts: ReadonlyMap<number, number>
  /** Time at which each track ends, in ticks. */
  ends: ReadonlyMap<number, number>
  /** Position at which the last fragment ends. */
  dataEnd: number
}

/** For each track, by its id, the last fragment from which it can be read at a requested time. */
export type Landing = ReadonlyMap<number, Fragment>

/**
 * The search ends at a fragment that is at most half as many seconds before the time, or when at
 * most this many bytes remain. From there, fragments are read one after another.
 */
const WALK_SECONDS = 4
const WALK_BYTES = 1024 ** 2
const MAX_GUESSES = 40
const MAX_WALKED_FRAGMENTS = 20_000
/**
 * The key frame is at least this much before the time, because frames are decoded before they are
 * shown.
 */
const MARGIN_SECONDS = 0.5
/**
 * Reading begins this many seconds before the time. A larger value is tried if a smaller one does
 * not give a key frame, and a fragment of each other track.
 */
const LEADS_SECONDS = [4, 16, 64, 256]

/**
 * @param second time from the start of the file
 * @returns null when the file has to be read from its start
 */
export async function findLanding(context: SearchContext, second: number): Promise<Landing | null> {
  let landing: Landing | null = null
  for (const lead of LEADS_SECONDS) {
    const from = second - lead <= 0 ? null : await findBefore(context, second - lead)
    if (from === null) {
      break
    }
    const walked = await walk(
      context,
      from,
      second - MARGIN_SECONDS - context.tracks[0].delaySeconds,
    )
    landing = walked?.landing ?? landing
    if (walked?.isWhole === true) {
      break
    }
  }
  return landing
}

/**
 * Returns a fragment of the first track that begins at or before a time, and usually not long
 * before it; null when the times of the file do not grow.
 */
async function findBefore(context: SearchContext, second: number): Promise<Fragment | null> {
  const { first, dataEnd, tracks } = context
  let low: { position: number; second: number; fragment: Fragment } = {
    position: first.start,
    second: 0,
    fragment: first,
  }
  let high = {
    position: dataEnd,
    second: secondsOf(context, tracks[0], context.ends.get(tracks[0].id) ?? 0),
  }
  let isHalved = false
  for (let guesses = 0; guesses < MAX_GUESSES; guesses++) {
    const span = high.position - low.position
    if (span <= WALK_BYTES || second - low.second <= WALK_SECONDS / 2) {
      break
    }
    const share = (second - low.second) / Math.max(1e-9, high.second - low.second)
    const guess = low.position + span * (isHalved ? 0.5 : Math.min(0.99, share)) - WALK_BYTES / 4
    const position = Math.floor(Math.max(low.fragment.end, guess))
    const found =
      position < high.position ? await findOfTrack(context, position, high.position) : null
    const foundSecond = found?.second ?? Infinity
    // A time that is before that of an earlier fragment is wrong.
    if (found !== null && foundSecond < low.second) {
      return null
    }
    const isBefore = foundSecond <= second
    // After a guess that leaves most of the range, the next one is in the middle of it.
    isHalved =
      (isBefore ? high.position - found!.fragment.start : position - low.position) > span / 2
    if (isBefore) {
      low = { position: found!.fragment.start, second: foundSecond, fragment: found!.fragment }
    } else {
      high = { position, second: Math.min(high.second, foundSecond) }
    }
    if (!isBefore && position <= low.fragment.end) {
      break
    }
  }
  return low.fragment
}

/** Finds the first fragment after a position that has samples of the first track. */
async function findOfTrack(
  context: SearchContext,
  position: number,
  end: number,
): Promise<{ fragment: Fragment; second: number } | null> {
  const [track] = context.tracks
  let fragment = await context.reader.find(position, end)
  for (let walked = 0; fragment !== null && walked < MAX_WALKED_FRAGMENTS; walked++) {
    const span = fragment.spans.get(track.id)
    if (span !== undefined) {
      return { fragment, second: secondsOf(context, track, span.start) }
    }
    fragment =
      fragment.isLast || fragment.end >= end ? null : await context.reader.readNext(fragment.end)
  }
  return null
}

/**
 * Reads fragments one after another until all tracks have reached the time, or only the first track
 * has, and enough bytes were read for the others.
 *
 * @returns null when there is no key frame at or before the time. `isWhole` is false when a track
 *   that has not ended yet has no fragment at or before the key frame
 */
async function walk(
  context: SearchContext,
  from: Fragment,
  second: number,
): Promise<{ landing: Landing; isWhole: boolean } | null> {
  const [main, ...others] = context.tracks
  const passed: Fragment[] = []
  const unreached = new Set(context.tracks.map(({ id }) => id))
  let fragment: Fragment | null = from
  for (
    let walked = 0;
    fragment !== null && unreached.size > 0 && walked < MAX_WALKED_FRAGMENTS;
    walked++
  ) {
    passed.push(fragment)
    for (const track of context.tracks) {
      const span = fragment.spans.get(track.id)
      if (span !== undefined && secondsOf(context, track, span.start) > second) {
        unreached.delete(track.id)
      }
    }
    if (!unreached.has(main.id) && fragment.start - from.start > WALK_BYTES * 8) {
      break
    }
    fragment = fragment.isLast ? null : await context.reader.readNext(fragment.end)
  }
  const find = (track: TimedTrack, latest: number) =>
    passed.findLast(({ spans }) => {
      const start = spans.get(track.id)?.firstKeyframe ?? null
      return start !== null && secondsOf(context, track, start) <= latest
    })
  const mainFragment = find(main, second)
  if (mainFragment === undefined) {
    return null
  }
  const keyframeSecond = secondsOf(context, main, mainFragment.spans.get(main.id)!.firstKeyframe!)
  const landing = new Map([[main.id, mainFragment]])
  const fromSecond = secondsOf(context, main, from.spans.get(main.id)?.start ?? 0)
  let isWhole = true
  for (const track of others) {
    const found = find(track, keyframeSecond)
    landing.set(track.id, found ?? mainFragment)
    // A track that has ended before has no fragment here.
    isWhole &&=
      found !== undefined || secondsOf(context, track, context.ends.get(track.id) ?? 0) < fromSecond
  }
  return { landing, isWhole }
}

/** Returns seconds from the start of the file. */
export function secondsOf(context: SearchContext, track: TimedTrack, ticks: number): number {
  return ticks / track.timescale + findShift(track) - findZero(context)
}

/** Returns a time in ticks as ffmpeg counts it, with the shift of the track; at least 0. */
export function ticksOf(context: SearchContext, track: Track, second: number): number {
  return Math.max(0, Math.floor((second + findZero(context)) * track.timescale))
}

/** Returns the timestamp in seconds at which the file starts. */
function findZero({ starts, tracks }: SearchContext): number {
  return Math.min(
    ...tracks.map((track) => (starts.get(track.id) ?? 0) / track.timescale + findShift(track)),
  )
}

function findShift({ shiftSeconds, delaySeconds }: TimedTrack): number {
  return shiftSeconds + delaySeconds
}
