/**
 * The file of a chunk of a stream, called a part: a document with the measurements of its segments, which are
 * stored in the package. The join puts the measurements of all chunks together.
 */
import { z } from 'zod'
import type { MediaFacts } from '../../../src/contract/mediaFacts.ts'
import { mediaFacts } from '../../../src/contract/mediaFacts.ts'
import { JobFailure } from '../../failures.ts'
import {
  createMeasurements,
  requireTimescale,
  type TrackMeasurements,
} from '../streaming/segmentMeasurements.ts'
import type { StreamLayout } from '../streaming/streamLayout.ts'

/** Frame durations are rounded to ticks. */
const MAX_SEAM_TICKS = 1

const size = z.object({ width: z.int(), height: z.int() })
const trackPart = z.object({
  name: z.string(),
  firstNumber: z.int().positive(),
  /** SHA-256 of the init segment, in hexadecimal digits. */
  initHash: z.string(),
  initBytes: z.int(),
  init: z.object({
    timescale: z.int(),
    codec: z.string(),
    size: size.nullable(),
    channels: z.int().nullable(),
    sampleRate: z.int().nullable(),
  }),
  /** For each segment: start and duration in ticks, bytes, and the end of its first frame. */
  segments: z.array(z.tuple([z.int(), z.int(), z.int(), z.int(), z.int()])),
  /** Facts of the first segment, if it is the first of the stream. */
  facts: mediaFacts.nullable(),
})
type TrackPart = z.infer<typeof trackPart>

/** The tracks of a chunk. */
export const streamPart = z.object({
  tracks: z.array(trackPart),
  /** The ETag of each file that the chunk has stored, by the name of the file. Older runners send none. */
  etags: z.record(z.string(), z.string()).optional(),
})
export type StreamPart = z.infer<typeof streamPart>

export function describeTrackPart(
  measured: TrackMeasurements,
  init: { hash: string; bytes: number },
  facts: MediaFacts | null,
): TrackPart {
  requireTimescale(measured)
  return {
    name: measured.track.name,
    firstNumber: measured.first.number,
    initHash: init.hash,
    initBytes: init.bytes,
    init: measured.init!,
    segments: measured.segments.map(({ start, duration, bytes, first }) => [
      start,
      duration,
      bytes,
      first.offset,
      first.length,
    ]),
    facts,
  }
}

export interface JoinedTracks {
  measured: TrackMeasurements[]
  facts: Map<string, MediaFacts>
}

/**
 * Puts the measurements of chunks together.
 *
 * @param parts in the order of the chunks, from the start of the stream on
 * @throws JobFailure `output_invalid` when they do not follow one another, or differ
 */
export function joinParts(parts: readonly StreamPart[], { tracks }: StreamLayout): JoinedTracks {
  const facts = new Map<string, MediaFacts>()
  const measured = tracks.map((track) => {
    const joined = createMeasurements(track)
    const found = parts.flatMap((part) => part.tracks.filter(({ name }) => name === track.name))
    for (const part of found) {
      addPart(joined, part, found[0]!)
    }
    if (found[0]?.facts) {
      facts.set(track.name, found[0].facts)
    }
    return joined
  })
  return { measured, facts }
}

function addPart(joined: TrackMeasurements, part: TrackPart, first: TrackPart): void {
  const { name } = part
  const count = joined.segments.length
  if (part.firstNumber !== count + 1) {
    throw invalid(`segment ${count + 1} of ${name} is missing: segment ${part.firstNumber} follows`)
  }
  if (part.initHash !== first.initHash) {
    throw invalid(`the init segments of ${name} differ before and after segment ${count + 1}`)
  }
  const previous = joined.segments.at(-1)
  const end = previous === undefined ? 0 : previous.start + previous.duration
  const start = part.segments[0]?.[0] ?? end
  if (Math.abs(start - end) > MAX_SEAM_TICKS) {
    throw invalid(`segment ${count + 1} of ${name} begins at tick ${start} instead of ${end}`)
  }
  joined.init ??= part.init
  joined.bytes += joined.bytes === 0 ? part.initBytes : 0
  for (const [segmentStart, duration, bytes, offset, length] of part.segments) {
    joined.segments.push({
      start: segmentStart,
      duration,
      bytes,
      first: { offset, length },
      // Verified when the chunk was made.
      startsWithKeyframe: true,
      keyframes: 1,
    })
    joined.bytes += bytes
  }
}

function invalid(fault: string): JobFailure {
  return new JobFailure('output_invalid', `The chunks do not fit together: ${fault}.`)
}
