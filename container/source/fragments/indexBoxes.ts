/**
 * Writes an index (`sidx`, ISO/IEC 14496-12, 8.16.3) of a few fragments, for the demuxer of ffmpeg.
 *
 * ffmpeg begins to read a track at the last indexed fragment whose time is not after the requested
 * one, and then reads one fragment after another. The times of samples come from the fragments, so the
 * times in this index only select a fragment.
 */
import type { Fragment } from './fragmentReader.ts'
import { type Landing, type SearchContext, secondsOf, ticksOf, type TimedTrack } from './search.ts'

export type IndexContext = SearchContext & {
  /** The second fragment; null when there is only one. */
  second: Fragment | null
}

/**
 * The time in the index is this much earlier than the key frame, so that rounding does not matter.
 */
const MARGIN_SECONDS = 1
const MAX_DURATION = 0xffff_ffff
const MAX_ENTRY_BYTES = 0x7fff_ffff
/** Bytes of a box with one entry, and of each further entry. */
const BOX_BYTES = 52
const ENTRY_BYTES = 12

interface Entry {
  position: number
  /** Time in ticks of the track. */
  time: number
}

interface IndexBox {
  track: TimedTrack
  /** Fragments that follow one another in the file. */
  entries: Entry[]
}

/**
 * @param landing fragments from which the tracks are read; null for the start of the file
 * @param position of the boxes in the file
 * @returns null when a fragment is too large for an entry
 */
export function buildIndex(
  context: IndexContext,
  landing: Landing | null,
  position: number,
): Buffer | null {
  const boxes = listIndexBoxes(context, landing)
  const isTooLarge = ({ entries }: IndexBox) =>
    entries.at(-1)!.position - entries[0]!.position > MAX_ENTRY_BYTES
  if (boxes.some(isTooLarge)) {
    return null
  }
  const lengths = boxes.map(({ entries }) => BOX_BYTES + (entries.length - 1) * ENTRY_BYTES)
  let end = position
  return Buffer.concat(
    boxes.map((box, index) => {
      end += lengths[index]!
      return writeBox(box, lengths[index]!, end)
    }),
  )
}

function listIndexBoxes(context: IndexContext, landing: Landing | null): IndexBox[] {
  const { first, second, tracks, dataEnd } = context
  const [main] = tracks
  const endOf = ({ id }: TimedTrack) => context.ends.get(id) ?? 0
  const timeOf = (track: TimedTrack) =>
    landing === null ? endOf(track) : findTime(context, landing, track)
  // After a fragment that it has read before, ffmpeg continues with the next one of the index. So each
  // fragment that it can select is followed by its neighbour.
  const early = [first, ...(second === null ? [] : [second])].map(({ start }, index) => ({
    position: start,
    time: Math.max(0, timeOf(main) - 2 + index),
  }))
  const selected = tracks.flatMap((track): IndexBox[] => {
    const fragment = landing?.get(track.id)
    if (fragment === undefined) {
      return []
    }
    const time = timeOf(track)
    const entry = { position: fragment.start, time }
    const neighbour = { position: fragment.end, time: Math.max(time, endOf(track) - 1) }
    return [{ track, entries: fragment.isLast ? [entry] : [entry, neighbour] }]
  })
  // The last box of a track states its end. An entry at the end of the file makes the index
  // complete for ffmpeg, which then ignores further boxes in some files. So the box with that entry
  // comes last.
  const ends = tracks.map((track, index) => ({
    track,
    entries: [{ position: dataEnd - index, time: endOf(track) }],
  }))
  return [{ track: main, entries: early }, ...selected, ...ends.toReversed()]
}

/** Returns a time in ticks that is before every time that ffmpeg requests from these fragments. */
function findTime(context: IndexContext, landing: Landing, track: TimedTrack): number {
  const [main] = context.tracks
  const keyframe = landing.get(main.id)?.spans.get(main.id)?.firstKeyframe ?? 0
  return ticksOf(
    context,
    track,
    secondsOf(context, main, keyframe) - MARGIN_SECONDS - main.delaySeconds,
  )
}

/** @param end position after the box, from which the position of the first entry is counted */
function writeBox({ track, entries }: IndexBox, length: number, end: number): Buffer {
  const box = Buffer.alloc(length)
  box.writeUInt32BE(length, 0)
  box.write('sidx', 4, 'latin1')
  // Version 1, with 64-bit times and positions.
  box[8] = 1
  box.writeUInt32BE(track.id, 12)
  box.writeUInt32BE(track.timescale, 16)
  box.writeBigUInt64BE(BigInt(entries[0]!.time), 20)
  box.writeBigUInt64BE(BigInt(entries[0]!.position - end), 28)
  box.writeUInt16BE(entries.length, 38)
  entries.forEach(({ position, time }, index) => {
    const next = entries[index + 1] ?? { position, time }
    box.writeUInt32BE(next.position - position, 40 + index * ENTRY_BYTES)
    box.writeUInt32BE(Math.min(MAX_DURATION, next.time - time), 44 + index * ENTRY_BYTES)
  })
  return box
}
