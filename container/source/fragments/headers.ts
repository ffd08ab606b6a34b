/** Reads the headers of a fragmented MP4: the tracks in `moov`, and the times in a `moof`. */
import { MAX_STREAMS } from '../../ffmpeg/process/limits.ts'
import { findContent, listBoxes } from '../../ffmpeg/mp4/boxes.ts'
import { readShift, readTimescale } from '../../ffmpeg/mp4/editList.ts'

export interface Track {
  id: number
  /** Number of the stream in ffmpeg, from 0. */
  index: number
  /** Ticks per second. */
  timescale: number
  kind: 'video' | 'audio' | 'other'
  /** Seconds by which the edit list moves the samples. */
  shiftSeconds: number
  /** True when `moov` has samples, which precede those in fragments. */
  hasOwnSamples: boolean
  /** Duration, size and flags of samples for which a fragment states none. */
  duration: number
  size: number
  flags: number
}

/** The samples of a track in a fragment, in ticks. */
export interface TrackSpan {
  /** Decoding times of the first sample, and after the last one. */
  start: number
  end: number
  /** Times at which the samples are shown, without the shift of the track. */
  shownStart: number
  shownEnd: number
  /**
   * Lowest difference from the decoding time of a sample to the time at which it is shown; at most
   * 0.
   */
  minOffset: number
  bytes: number
  /** Decoding time of the first key frame; null when there is none. */
  firstKeyframe: number | null
}

/**
 * Flags of a sample that depends on others: `sample_is_non_sync_sample`, and the value 1 of
 * `sample_depends_on`. ffmpeg takes samples without these flags for key frames.
 */
const NOT_KEYFRAME = 0x0101_0000
const KINDS: Record<string, 'video' | 'audio'> = { vide: 'video', soun: 'audio' }

/**
 * @returns null for a `moov` that declares no fragments (`mvex`), is invalid, or has more tracks than
 *   ffmpeg may read
 */
export function readTracks(moov: Buffer): Track[] | null {
  const extension = findContent(moov, 'mvex')
  if (extension === null) {
    return null
  }
  const defaults = new Map(
    listBoxes(extension)
      .filter(({ type, content }) => type === 'trex' && content.length >= 24)
      .map(({ content }) => [
        content.readUInt32BE(4),
        {
          duration: content.readUInt32BE(12),
          size: content.readUInt32BE(16),
          flags: content.readUInt32BE(20),
        },
      ]),
  )
  const movie = findContent(moov, 'mvhd')
  const traks = listBoxes(moov).filter(({ type }) => type === 'trak')
  if (traks.length > MAX_STREAMS) {
    return null
  }
  const tracks = traks.map(({ content }, index): Track | null => {
    const header = findContent(content, 'tkhd')
    const timescale = readTimescale(findContent(content, 'mdia', 'mdhd'))
    const handler = findContent(content, 'mdia', 'hdlr')
    if ((header?.length ?? 0) < 24 || timescale === null || (handler?.length ?? 0) < 12) {
      return null
    }
    const { gapSeconds, skippedSeconds } = readShift(content, movie)
    const id = header!.readUInt32BE(header![0] === 1 ? 20 : 12)
    return {
      id,
      index,
      timescale,
      hasOwnSamples: hasSamples(content),
      shiftSeconds: gapSeconds - skippedSeconds,
      kind: KINDS[handler!.toString('latin1', 8, 12)] ?? 'other',
      ...(defaults.get(id) ?? { duration: 0, size: 0, flags: 0 }),
    }
  })
  const valid = tracks.filter((track) => track !== null && track.timescale > 0)
  return valid.length === 0 || valid.length < traks.length ? null : (valid as Track[])
}

function hasSamples(trak: Buffer): boolean {
  const sizes = findContent(trak, 'mdia', 'minf', 'stbl', 'stsz')
  return sizes !== null && sizes.length >= 12 && sizes.readUInt32BE(8) > 0
}

/**
 * @param content the content of a `moof`
 * @returns the samples by track; null when the header is invalid, a track is unknown, or the time
 *   of a track is not stated
 */
export function readSpans(
  content: Buffer,
  tracks: ReadonlyMap<number, Track>,
): Map<number, TrackSpan> | null {
  const spans = new Map<number, TrackSpan>()
  const boxes = listBoxes(content)
  if (boxes[0]?.type !== 'mfhd') {
    return null
  }
  for (const { content: fragment } of boxes.filter(({ type }) => type === 'traf')) {
    const children = listBoxes(fragment)
    const find = (type: string) => children.find((box) => box.type === type)?.content
    const [header, time] = [find('tfhd'), find('tfdt')]
    const track = header !== undefined && header.length >= 8 && tracks.get(header.readUInt32BE(4))
    if (!track || time === undefined || time.length < (time[0] === 1 ? 12 : 8)) {
      return null
    }
    const known = spans.get(track.id)
    const start = time[0] === 1 ? Number(time.readBigUInt64BE(4)) : time.readUInt32BE(4)
    const span = {
      start,
      end: start,
      shownStart: Infinity,
      shownEnd: start,
      minOffset: 0,
      bytes: 0,
      firstKeyframe: null,
    }
    const defaults = readDefaults(header, track)
    for (const { content: run } of children.filter(({ type }) => type === 'trun')) {
      addRun(span, run, defaults, track.kind)
    }
    if (!Number.isSafeInteger(span.end)) {
      return null
    }
    span.shownStart = Math.max(0, Math.min(span.shownStart, span.shownEnd))
    spans.set(track.id, known === undefined ? span : joinSpans(known, span))
  }
  return spans.size === 0 ? null : spans
}

function joinSpans(one: TrackSpan, other: TrackSpan): TrackSpan {
  return {
    start: Math.min(one.start, other.start),
    end: Math.max(one.end, other.end),
    shownStart: Math.min(one.shownStart, other.shownStart),
    shownEnd: Math.max(one.shownEnd, other.shownEnd),
    minOffset: Math.min(one.minOffset, other.minOffset),
    bytes: one.bytes + other.bytes,
    firstKeyframe: one.firstKeyframe ?? other.firstKeyframe,
  }
}

type SampleDefaults = Pick<Track, 'duration' | 'size' | 'flags'>

/** Reads the default values of the samples of a `traf` from its `tfhd`. */
function readDefaults(header: Buffer, track: Track): SampleDefaults {
  const readField = createFieldReader(header, 8)
  // The base data offset and the sample description index are skipped.
  readField(0x1, 8)
  readField(0x2)
  const duration = readField(0x8) ?? track.duration
  const size = readField(0x10) ?? track.size
  return { duration, size, flags: readField(0x20) ?? track.flags }
}

/** Adds the samples of a `trun` to the span of their track. */
function addRun(span: TrackSpan, run: Buffer, defaults: SampleDefaults, kind: Track['kind']): void {
  if (run.length < 8) {
    return
  }
  const flags = run.readUIntBE(1, 3)
  const count = run.readUInt32BE(4)
  const readField = createFieldReader(run, 8)
  // The data offset is skipped.
  readField(0x1)
  const firstFlags = readField(0x4)
  if ((flags & 0xf00) === 0) {
    // The samples have no values of their own, so the size of the box does not limit their number.
    // They are added without a loop.
    const isKeyframe = kind !== 'video' || ((firstFlags ?? defaults.flags) & NOT_KEYFRAME) === 0
    span.firstKeyframe ??= isKeyframe && count > 0 ? span.end : null
    span.shownStart = Math.min(span.shownStart, span.end)
    span.end += count * defaults.duration
    span.shownEnd = Math.max(span.shownEnd, span.end)
    span.bytes += count * defaults.size
    return
  }
  const sampleBytes = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0).length
  // The number of samples in the header can be wrong, so the size of the box limits it too.
  for (let index = 0; index < count && readField.remaining() >= sampleBytes; index++) {
    const duration = readField(0x100) ?? defaults.duration
    span.bytes += readField(0x200) ?? defaults.size
    const sampleFlags = readField(0x400) ?? (index === 0 ? firstFlags : null) ?? defaults.flags
    const offset = (readField(0x800) ?? 0) | 0
    span.minOffset = Math.min(span.minOffset, offset)
    span.shownStart = Math.min(span.shownStart, span.end + offset)
    span.shownEnd = Math.max(span.shownEnd, span.end + offset + duration)
    span.firstKeyframe ??= kind !== 'video' || (sampleFlags & NOT_KEYFRAME) === 0 ? span.end : null
    span.end += duration
  }
}

/**
 * Returns a function that reads the optional fields of a box one after another. A field exists when
 * its flag is set; for one that does not exist, or is cut off, the function returns null.
 */
function createFieldReader(content: Buffer, firstField: number) {
  const flags = content.readUIntBE(1, 3)
  let position = firstField
  const readField = (flag: number, length: 4 | 8 = 4): number | null => {
    if ((flags & flag) === 0 || position + length > content.length) {
      return null
    }
    position += length
    return content.readUInt32BE(position - 4)
  }
  return Object.assign(readField, { remaining: () => content.length - position })
}
