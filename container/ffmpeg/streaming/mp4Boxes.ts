/**
 * Reads fragmented MP4 (ISO/IEC 14496-12). An init segment gives the format of its track; a media
 * segment gives its times, its key frames and the position of its first frame.
 */
import type { Size } from '../geometry.ts'
import { formatCodecString } from './codecString.ts'

export interface InitSegment {
  /** Ticks per second of the times in the segments. */
  timescale: number
  /** Value of `CODECS` (RFC 6381). */
  codec: string
  /** Stored frame size; null for audio. */
  size: Size | null
  /** Null for video. */
  channels: number | null
  /** Null for video. */
  sampleRate: number | null
}

export interface Segment {
  /** Start and duration in ticks. */
  start: number
  duration: number
  startsWithKeyframe: boolean
  /** Number of key frames. */
  keyframes: number
  /** Byte range from the `moof` box to the end of the first frame. */
  first: { offset: number; length: number }
  bytes: number
}

interface Box {
  type: string
  start: number
  end: number
  content: Buffer
}

/** Flag `sample_is_non_sync_sample`: the sample is not a key frame. */
const NON_SYNC_SAMPLE = 0x1_0000
/** Bytes of `stsd` before its first entry. */
const STSD_HEADER_BYTES = 8
/** Bytes of a sample entry before the boxes in it. */
const VISUAL_ENTRY_BYTES = 78
const AUDIO_ENTRY_BYTES = 28

/** @throws Error when it is not an init segment, or the codec is unknown */
export function readInitSegment(bytes: Buffer): InitSegment {
  const media = findContent(bytes, 'moov', 'trak', 'mdia')
  const header = requireBox(media, 'mdhd').content
  const timescale = header.readUInt32BE(header[0] === 1 ? 20 : 12)
  const handler = requireBox(media, 'hdlr').content.toString('latin1', 8, 12)
  const descriptions = findContent(media, 'minf', 'stbl', 'stsd').subarray(STSD_HEADER_BYTES)
  const [entry] = parseBoxes(descriptions)
  if (entry === undefined) {
    throw new Error('the init segment has no sample entry')
  }
  const { type, content } = entry
  const isVideo = handler === 'vide'
  const boxes = parseBoxes(content.subarray(isVideo ? VISUAL_ENTRY_BYTES : AUDIO_ENTRY_BYTES))
  return {
    timescale,
    codec: formatCodecString(
      type,
      (name) => boxes.find((box) => box.type === name)?.content ?? null,
    ),
    size: isVideo ? { width: content.readUInt16BE(24), height: content.readUInt16BE(26) } : null,
    channels: isVideo ? null : content.readUInt16BE(16),
    sampleRate: isVideo ? null : content.readUInt16BE(24),
  }
}

/** @throws Error when it is not a media segment of one fragment with frames */
export function readSegment(bytes: Buffer): Segment {
  const fragments = parseBoxes(bytes).filter(({ type }) => type === 'moof')
  const [fragment] = fragments
  if (fragment === undefined || fragments.length > 1) {
    throw new Error(`the segment has ${fragments.length} fragments instead of one`)
  }
  const track = findContent(fragment.content, 'traf')
  const decodeTime = requireBox(track, 'tfdt').content
  const start =
    decodeTime[0] === 1 ? Number(decodeTime.readBigUInt64BE(4)) : decodeTime.readUInt32BE(4)
  const defaults = readSampleDefaults(requireBox(track, 'tfhd').content)
  const { dataOffset, samples } = readSamples(requireBox(track, 'trun').content, defaults)
  const [first] = samples
  if (first === undefined) {
    throw new Error('the segment has no samples')
  }
  return {
    start,
    duration: samples.reduce((sum, { duration }) => sum + duration, 0),
    startsWithKeyframe: first.isKeyframe,
    keyframes: samples.filter(({ isKeyframe }) => isKeyframe).length,
    first: { offset: fragment.start, length: dataOffset + first.size },
    bytes: bytes.length,
  }
}

/** Splits a file after each of its fragments. A last segment that was short is the second fragment of its file. */
export function splitFragments(bytes: Buffer): Buffer[] {
  const ends = parseBoxes(bytes)
    .filter(({ type }) => type === 'mdat')
    .map(({ end }) => end)
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

interface SampleDefaults {
  duration: number
  size: number
  flags: number
}

/** Reads a `tfhd` box. */
function readSampleDefaults(content: Buffer): SampleDefaults {
  const readField = createFieldReader(content)
  // Base data offset and sample description index.
  readField(0x1, 8)
  readField(0x2)
  const duration = readField(0x8) ?? 0
  const size = readField(0x10) ?? 0
  return { duration, size, flags: readField(0x20) ?? 0 }
}

/** Reads a `trun` box. */
function readSamples(content: Buffer, defaults: SampleDefaults) {
  const readField = createFieldReader(content)
  const count = content.readUInt32BE(4)
  const dataOffset = readField(0x1) ?? 0
  const firstSampleFlags = readField(0x4)
  const samples = Array.from({ length: count }, (_, index) => {
    const duration = readField(0x100) ?? defaults.duration
    const size = readField(0x200) ?? defaults.size
    const ownFlags = readField(0x400) ?? (index === 0 ? firstSampleFlags : null)
    // Composition time offset.
    readField(0x800)
    const isKeyframe = ((ownFlags ?? defaults.flags) & NON_SYNC_SAMPLE) === 0
    return { duration, size, isKeyframe }
  })
  return { dataOffset, samples }
}

/** Bytes of `tfhd` and `trun` before their optional fields. */
const FIXED_FIELD_BYTES = 8

/**
 * Returns a function that reads the optional fields of a box one after another. A field exists when
 * its flag is set in the header of the box; for one that does not exist, the function returns null.
 */
function createFieldReader(content: Buffer) {
  const flags = content.readUIntBE(1, 3)
  let position = FIXED_FIELD_BYTES
  return (flag: number, length: 4 | 8 = 4): number | null => {
    if ((flags & flag) === 0) {
      return null
    }
    position += length
    return content.readUInt32BE(position - 4)
  }
}

function parseBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = []
  for (let start = 0; start + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(start)
    // The size 1 means that a 64-bit size follows the type.
    const hasLargeSize = size === 1
    const end = start + (hasLargeSize ? Number(bytes.readBigUInt64BE(start + 8)) : size)
    if (end <= start || end > bytes.length) {
      throw new Error('a box does not end within the file')
    }
    const type = bytes.toString('latin1', start + 4, start + 8)
    const content = bytes.subarray(start + (hasLargeSize ? 16 : 8), end)
    boxes.push({ type, start, end, content })
    start = end
  }
  return boxes
}

function requireBox(bytes: Buffer, type: string): Box {
  const box = parseBoxes(bytes).find((each) => each.type === type)
  if (box === undefined) {
    throw new Error(`the box ${type} is missing`)
  }
  return box
}

/** Returns the content of a nested box. */
function findContent(bytes: Buffer, ...path: string[]): Buffer {
  return path.reduce((content, type) => requireBox(content, type).content, bytes)
}
