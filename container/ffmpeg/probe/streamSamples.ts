/**
 * Samples of the streams of a file: whether their packets can be decoded, and how many there are.
 */
import { z } from 'zod'
import { JobFailure } from '../../failures.ts'
import { type FfprobeQuery, runFfprobe } from '../process/ffprobe.ts'
import { MAX_STREAMS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { type KnownFileOptions, remember } from './probeMemo.ts'

export interface DecodeSample {
  packets: number
  frames: number
  /** Number of packets for which the file does not say when they are shown. */
  untimed: number
}

const count = z.int().nonnegative()
const decodeSample = z.object({ packets: count, frames: count, untimed: count })
const packetSpan = z.object({ packets: count, seconds: z.number() })

/** The entries of a map from the number of a stream. */
function byStream<T extends z.ZodType>(value: T) {
  return z.array(z.tuple([count, value])).max(MAX_STREAMS)
}

const ENTRIES = 'packet=stream_index,pts:frame=stream_index'

/** Number of packets at the start of a file that are decoded to sample all of its streams. */
const FILE_PACKETS = 12
/** Number of packets that are decoded to sample one stream. */
const STREAM_PACKETS = 50
/**
 * A sample ends after about this many bytes, which matters if a stream has few packets. If it has
 * given no frame by then, the rest of the file is read.
 */
const MAX_BYTES = 32 * 1024 ** 2
/** Part of the file in which the packets of streams are compared. */
const COMPARED_SECONDS = 20

/**
 * Decodes the first packets of a file, and counts the packets and frames of each stream.
 *
 * @returns null when the sample failed
 */
export async function decodeFirstPackets(
  options: KnownFileOptions,
): Promise<Map<number, DecodeSample> | null> {
  const streams = await remember(options.memo, 'packets', byStream(decodeSample), () =>
    samplePackets(options),
  )
  return streams && new Map(streams)
}

async function samplePackets(options: KnownFileOptions): Promise<[number, DecodeSample][] | null> {
  const sample = await query(options, {
    entries: ENTRIES,
    // Only the key frames of a video are decoded: a frame of 8K takes a third of a second.
    selection: ffmpegOptions({ skip_frame: 'nokey', read_intervals: `%+#${FILE_PACKETS}` }),
    enoughBytes: MAX_BYTES,
  })
  const streams = new Map<number, DecodeSample>()
  for (const { index, isFrame, isTimed } of parseSample(sample?.output ?? '')) {
    const stream = streams.get(index) ?? { packets: 0, frames: 0, untimed: 0 }
    stream[isFrame ? 'frames' : 'packets'] += 1
    stream.untimed += isTimed ? 0 : 1
    streams.set(index, stream)
  }
  return sample === null ? null : [...streams]
}

/** Parses lines such as `packet,0,3600`, `packet,0,N/A` and `frame,0`. */
function parseSample(output: string) {
  return [...output.matchAll(/^(packet|frame),(\d+)(,N\/A)?/gm)].map(
    ([, section, index, untimed]) => ({
      index: Number(index),
      isFrame: section === 'frame',
      isTimed: section === 'frame' || untimed === undefined,
    }),
  )
}

/**
 * Decodes the first packets of one stream.
 *
 * @returns null when the sample failed
 */
export async function decodeStream(
  index: number,
  options: KnownFileOptions,
): Promise<DecodeSample | null> {
  return remember(options.memo, `stream:${index}`, decodeSample, () =>
    sampleWholeStream(index, options),
  )
}

async function sampleWholeStream(
  index: number,
  options: KnownFileOptions,
): Promise<DecodeSample | null> {
  const first = await sampleStream(index, options, { enoughBytes: MAX_BYTES })
  const isInconclusive = first !== null && !first.isComplete && first.frames === 0
  return isInconclusive ? sampleStream(index, options, { mayReadAll: true }) : first
}

async function sampleStream(
  index: number,
  options: KnownFileOptions,
  extent: Pick<FfprobeQuery, 'enoughBytes' | 'mayReadAll'>,
): Promise<(DecodeSample & { isComplete: boolean }) | null> {
  const sample = await query(options, {
    entries: ENTRIES,
    selection: ffmpegOptions({
      select_streams: index,
      read_intervals: `%+#${STREAM_PACKETS}`,
    }),
    ...extent,
  })
  if (sample === null) {
    return null
  }
  const lines = parseSample(sample.output)
  const frames = lines.filter(({ isFrame }) => isFrame).length
  const untimed = lines.filter(({ isTimed }) => !isTimed).length
  return { packets: lines.length - frames, frames, untimed, isComplete: sample.isComplete }
}

/** Counts the packets of each stream, and the seconds that they span, at the start of the file. */
export async function countPackets(options: KnownFileOptions): Promise<Map<number, PacketSpan>> {
  const counted = await remember(options.memo, 'counts', byStream(packetSpan), () =>
    measureSpans(options),
  )
  return new Map(counted)
}

type PacketSpan = z.infer<typeof packetSpan>

/** @returns null when the sample failed */
async function measureSpans(options: KnownFileOptions): Promise<[number, PacketSpan][] | null> {
  const sample = await query(options, {
    entries: 'packet=stream_index,pts_time',
    selection: ffmpegOptions({ read_intervals: `%+${COMPARED_SECONDS}` }),
    enoughBytes: MAX_BYTES,
  })
  const spans = new Map<number, { packets: number; first: number; last: number }>()
  for (const [, number, text] of sample?.output.matchAll(/^packet,(\d+),(-?[\d.]+)/gm) ?? []) {
    const [index, time] = [Number(number), Number(text)]
    const span = spans.get(index) ?? { packets: 0, first: time, last: time }
    spans.set(index, {
      packets: span.packets + 1,
      first: Math.min(span.first, time),
      last: Math.max(span.last, time),
    })
  }
  return (
    sample &&
    [...spans].map(([index, { packets, first, last }]) => [
      index,
      { packets, seconds: last - first },
    ])
  )
}

/** @returns null when ffprobe fails, for example because it exceeds a limit */
async function query(
  options: KnownFileOptions,
  request: FfprobeQuery,
): Promise<{ output: string; isComplete: boolean } | null> {
  try {
    return await runFfprobe(options, { ...request, format: 'csv' })
  } catch (error) {
    if (error instanceof JobFailure) {
      return null
    }
    throw error
  }
}
