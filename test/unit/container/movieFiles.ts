/** Builds the index of an MP4 file with one track. */
import { box, words } from './fragmentFiles.ts'

const MOVIE_TIMESCALE = 1_000
/** Ticks per second of the track. */
export const TIMESCALE = 50

/** A table with its version and flags, and its number of entries. */
function table(type: string, entries: number[], entryFields: number): Buffer {
  return box(type, words(0, entries.length / entryFields, ...entries.map((each) => each >>> 0)))
}

interface Index {
  /** Pairs: number of frames, and their value. */
  durations?: number[]
  offsets?: number[] | null
  keyframes?: number[] | null
  frames?: number
  /** Pairs: duration in the time of the movie, and start in that of the track. */
  edits?: number[]
  movieTimescale?: number
  config?: Buffer
  /** Bit rate, which every sample entry of ffmpeg has. */
  bitRate?: number
  handler?: string
}

/** By default, three frames of two ticks, of which the second is shown last, after a gap of 0.4 s. */
export function moov({
  durations = [3, 2],
  offsets = [1, 2, 1, 4, 1, 0],
  keyframes = [1],
  frames = 3,
  edits = [400, -1, 120, 2],
  movieTimescale = MOVIE_TIMESCALE,
  config = Buffer.from('parameters'),
  bitRate = 1,
  handler = 'vide',
}: Index = {}): Buffer {
  const entry = box('avc1', [
    Buffer.alloc(24),
    words((640 << 16) | 360),
    Buffer.alloc(50),
    box('avcC', config),
    box('btrt', words(bitRate)),
  ])
  const list = edits.flatMap((each, at) => (at % 2 === 1 ? [each >>> 0, 1 << 16] : [each]))
  return box('moov', [
    box('mvhd', words(0, 0, 0, movieTimescale, 0, 0)),
    box('trak', [
      box('edts', box('elst', words(0, edits.length / 2, ...list))),
      box('mdia', [
        box('mdhd', words(0, 0, 0, TIMESCALE, 0, 0)),
        box('hdlr', [words(0, 0), Buffer.from(handler)]),
        box('minf', [
          box('stbl', [
            box('stsd', [words(0, 1), entry]),
            table('stts', durations, 2),
            ...(offsets ? [table('ctts', offsets, 2)] : []),
            ...(keyframes ? [table('stss', keyframes, 1)] : []),
            box('stsz', words(0, 0, frames)),
          ]),
        ]),
      ]),
    ]),
  ])
}
