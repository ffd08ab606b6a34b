/**
 * Reads the boxes of fragmented MP4 (ISO/IEC 14496-12) of which playlists are written: what an init
 * segment holds, and where and how long the pictures of a media segment are. Pure: bytes in, facts
 * out. What a box has beyond that is not looked at.
 */
import { codecString } from './codecString.ts'

export interface InitSegment {
  /** Ticks a second, in which a segment's times are given. */
  timescale: number
  /** As `CODECS` has it (RFC 6381). */
  codec: string
  /** Of the picture as stored; null for sound. */
  size: { width: number; height: number } | null
  channels: number | null
  sampleRate: number | null
}

export interface Segment {
  /** When it begins and how long it is, in ticks. */
  start: number
  duration: number
  /** Its first picture can be decoded by itself, and no other in it can. */
  startsWithKeyframe: boolean
  keyframes: number
  /** The bytes from the header to the end of the first picture: enough to show that one. */
  first: { offset: number; length: number }
  bytes: number
}

interface Box {
  type: string
  start: number
  end: number
  body: Buffer
}

const NOT_SYNC = 0x1_0000
const SAMPLE_ENTRY = 8
/** Fixed fields of a sample entry before the boxes in it, by what it describes. */
const VISUAL_FIELDS = 78
const AUDIO_FIELDS = 28

/** @throws Error when it is no init segment of one track */
export function readInitSegment(bytes: Buffer): InitSegment {
  const track = inside(bytes, 'moov', 'trak', 'mdia')
  const header = need(track, 'mdhd').body
  const timescale = header.readUInt32BE(header[0] === 1 ? 20 : 12)
  const handler = need(track, 'hdlr').body.toString('latin1', 8, 12)
  const entry = parseBoxes(inside(track, 'minf', 'stbl', 'stsd').subarray(SAMPLE_ENTRY))[0]
  if (entry === undefined) {
    throw new Error('the init segment describes no samples')
  }
  const { type, body } = entry
  const picture = handler === 'vide'
  const settings = parseBoxes(body.subarray(picture ? VISUAL_FIELDS : AUDIO_FIELDS))
  const codec = codecString(type, (name) => settings.find((box) => box.type === name)?.body ?? null)
  return {
    timescale,
    codec,
    size: picture ? { width: body.readUInt16BE(24), height: body.readUInt16BE(26) } : null,
    channels: picture ? null : body.readUInt16BE(16),
    sampleRate: picture ? null : body.readUInt16BE(24),
  }
}

/** @throws Error when it is no media segment of one fragment */
export function readSegment(bytes: Buffer): Segment {
  const fragments = parseBoxes(bytes).filter(({ type }) => type === 'moof')
  const [fragment] = fragments
  if (fragment === undefined || fragments.length > 1) {
    throw new Error(`the segment has ${fragments.length} fragments instead of one`)
  }
  const track = inside(fragment.body, 'traf')
  const time = need(track, 'tfdt').body
  const start = time[0] === 1 ? Number(time.readBigUInt64BE(4)) : time.readUInt32BE(4)
  const samples = readRun(need(track, 'trun').body, readDefaults(need(track, 'tfhd').body))
  const [first] = samples.list
  if (first === undefined) {
    throw new Error('the segment has no samples')
  }
  return {
    start,
    duration: samples.list.reduce((sum, { duration }) => sum + duration, 0),
    startsWithKeyframe: first.sync,
    keyframes: samples.list.filter(({ sync }) => sync).length,
    first: { offset: fragment.start, length: samples.dataOffset + first.size },
    bytes: bytes.length,
  }
}

interface Defaults {
  duration: number
  size: number
  flags: number
}

/** `tfhd`: each field is there when its flag is. */
function readDefaults(body: Buffer): Defaults {
  const next = fieldsOf(body, 8)
  next(0x1, 8)
  next(0x2)
  const duration = next(0x8) ?? 0
  const size = next(0x10) ?? 0
  return { duration, size, flags: next(0x20) ?? 0 }
}

function readRun(body: Buffer, defaults: Defaults) {
  const next = fieldsOf(body, 8)
  const count = body.readUInt32BE(4)
  const dataOffset = next(0x1) ?? 0
  const firstFlags = next(0x4)
  const list = Array.from({ length: count }, (_, at) => {
    const duration = next(0x100) ?? defaults.duration
    const size = next(0x200) ?? defaults.size
    const own = next(0x400) ?? (at === 0 ? firstFlags : null)
    next(0x800)
    return { duration, size, sync: ((own ?? defaults.flags) & NOT_SYNC) === 0 }
  })
  return { dataOffset, list }
}

/** Reads optional fields of a full box one after another. */
function fieldsOf(body: Buffer, from: number) {
  const flags = body.readUIntBE(1, 3)
  let at = from
  return (flag: number, length: 4 | 8 = 4): number | null => {
    if ((flags & flag) === 0) {
      return null
    }
    at += length
    return body.readUInt32BE(at - 4)
  }
}

function parseBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = []
  for (let start = 0; start + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(start)
    const large = size === 1
    const end = start + (large ? Number(bytes.readBigUInt64BE(start + 8)) : size)
    if (end <= start || end > bytes.length) {
      throw new Error('a box does not end within the file')
    }
    const type = bytes.toString('latin1', start + 4, start + 8)
    boxes.push({ type, start, end, body: bytes.subarray(start + (large ? 16 : 8), end) })
    start = end
  }
  return boxes
}

function need(bytes: Buffer, type: string): Box {
  const box = parseBoxes(bytes).find((each) => each.type === type)
  if (box === undefined) {
    throw new Error(`the box ${type} is missing`)
  }
  return box
}

function inside(bytes: Buffer, ...path: string[]): Buffer {
  return path.reduce((rest, type) => need(rest, type).body, bytes)
}
