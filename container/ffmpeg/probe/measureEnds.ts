/** Finds where the streams of a file end, and wrong times, from the times of all its packets. */
import { z } from 'zod'
import { classifyFfmpegFailure, endsEarly } from '../process/classifyFailure.ts'
import { WHOLE_FILE_CPU_SECONDS } from '../process/ffprobe.ts'
import { MAX_STREAMS, probeLimits } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { runProcess } from '../process/process.ts'
import { type KnownFileOptions, remember } from './probeMemo.ts'
import { findTimeFault, timeFault, type TimeFault } from './timeFaults.ts'

export interface StreamEnd {
  /**
   * End of the last packet, in seconds from the first packet that is shown. If times are wrong, it
   * is the end once they are repaired.
   */
  endSeconds: number
  /** The same for the packets that are shown: an edit list of MP4 can hide the last ones. */
  shownEndSeconds: number
  /** Number of packets. */
  frames: number
  timeFault: TimeFault | null
  /** False when its times jump or go back and are not repaired. */
  isCertain: boolean
}

export interface MeasuredEnds {
  /** The end of each stream that has packets, by its number. */
  ends: ReadonlyMap<number, StreamEnd>
  /** True when the end of the file is missing. */
  isTruncated: boolean
}

const storedEnds = z.object({
  ends: z
    .array(
      z.tuple([
        z.int().nonnegative(),
        z.object({
          endSeconds: z.number(),
          shownEndSeconds: z.number(),
          frames: z.int(),
          timeFault: timeFault.nullable(),
          isCertain: z.boolean(),
        }),
      ]),
    )
    .max(MAX_STREAMS),
  isTruncated: z.boolean(),
})

/** The times of a stream with more packets are not examined. */
const MAX_EXAMINED_PACKETS = 2_000_000
/** Reading ends after this much of the file without a packet. */
const MAX_BYTES_WITHOUT_PACKETS = 32 * 1024 ** 2
const CHECK_INTERVAL_MS = 100
const NO_MORE_PACKETS = new Error('the rest of the file has no packets')

/**
 * Reads the file to its end, unless its ends are known. The memory that this takes is bounded.
 *
 * @param maxPauseSeconds longest time without a packet that counts as a pause
 * @throws JobFailure when ffprobe fails
 */
export async function measureEnds(
  options: KnownFileOptions,
  maxPauseSeconds: number,
): Promise<MeasuredEnds> {
  const name = `ends:${maxPauseSeconds}`
  const measured = await remember(options.memo, name, storedEnds, async () => {
    const { ends, isTruncated } = await readEnds(options, maxPauseSeconds)
    return { ends: [...ends], isTruncated }
  })
  return { ends: new Map(measured?.ends), isTruncated: measured?.isTruncated ?? false }
}

async function readEnds(options: KnownFileOptions, maxPauseSeconds: number): Promise<MeasuredEnds> {
  const meter = createMeter(maxPauseSeconds)
  const stopping = new AbortController()
  let readAtPacket = options.bytesRead()
  const check = setInterval(() => {
    if (options.bytesRead() - readAtPacket > MAX_BYTES_WITHOUT_PACKETS) {
      stopping.abort(NO_MORE_PACKETS)
    }
  }, CHECK_INTERVAL_MS)
  const result = await runProcess({
    file: options.ffprobe,
    arguments: [
      ...ffmpegOptions({
        // A packet that is cut off is only a warning.
        v: 'warning',
        of: 'csv=p=0',
        show_entries: 'packet=stream_index,pts_time,duration_time,flags',
      }),
      ...options.input,
    ],
    limits: { ...probeLimits(options.limits), cpuSeconds: WHOLE_FILE_CPU_SECONDS },
    cwd: options.cwd,
    signal: AbortSignal.any([options.signal, stopping.signal]),
    onStdout: (text) => {
      readAtPacket = options.bytesRead()
      meter.add(text)
    },
  })
    .catch((error: unknown) => {
      if (error !== NO_MORE_PACKETS) {
        throw error
      }
      return null
    })
    .finally(() => clearInterval(check))
  if (result !== null && result.code !== 0) {
    throw classifyFfmpegFailure(result)
  }
  return { ends: meter.finish(), isTruncated: endsEarly(result?.stderrTail ?? '') }
}

/** Times that go back by at most this are those of frames in the order in which they are decoded. */
const MAX_REORDERED_SECONDS = 1
/** A longer step from one packet to the next is a jump, from which the times may return. */
export const MAX_STEP_SECONDS = 10

interface MeasuredStream {
  last: number
  end: number
  shownEnd: number
  frames: number
  lastInterval: number
  beforeJump: { last: number; end: number } | null
  times: number[]
  isSteady: boolean
}

/** Parses lines such as `0,1.960000,0.040000,K__`. The flag `D` marks a packet that is hidden. */
function createMeter(maxPauseSeconds: number) {
  const streams = new Map<number, MeasuredStream>()
  let first = Infinity
  let firstShown = Infinity
  let incompleteLine = ''

  function addLine(line: string) {
    const fields = line.split(',')
    const [index, time, duration] = fields.map(Number)
    if (index === undefined || time === undefined || !Number.isFinite(time)) {
      return
    }
    const stream = streams.get(index) ?? {
      last: -Infinity,
      end: -Infinity,
      shownEnd: -Infinity,
      frames: 0,
      lastInterval: 0,
      beforeJump: null,
      times: [],
      isSteady: true,
    }
    const seconds = Number.isFinite(duration) ? Number(duration) : 0
    stream.frames += 1
    stream.isSteady &&=
      stream.last === -Infinity ||
      (time >= stream.last - MAX_REORDERED_SECONDS && time <= stream.last + MAX_STEP_SECONDS)
    if (stream.times.length < MAX_EXAMINED_PACKETS) {
      stream.times.push(time)
    }
    if (stream.beforeJump !== null && Math.abs(time - stream.beforeJump.last) < MAX_STEP_SECONDS) {
      // The packets since the jump had wrong times: this one continues from the time before it.
      Object.assign(stream, stream.beforeJump, { beforeJump: null })
    } else if (stream.beforeJump === null && time > stream.last + MAX_STEP_SECONDS) {
      const isFirst = stream.last === -Infinity
      stream.beforeJump = isFirst ? null : { last: stream.last, end: stream.end }
    }
    stream.end = Math.max(stream.end, time + seconds)
    if (fields[3]?.includes('D') !== true) {
      stream.shownEnd = Math.max(stream.shownEnd, time + seconds)
      firstShown = Math.min(firstShown, time)
    }
    // A packet without a duration lasts as long as the interval before it.
    if (time > stream.last && Number.isFinite(stream.last)) {
      stream.lastInterval = time - stream.last
    }
    stream.last = Math.max(stream.last, time)
    streams.set(index, stream)
    first = Math.min(first, time)
  }

  return {
    add(text: string) {
      const lines = `${incompleteLine}${text}`.split('\n')
      incompleteLine = lines.pop() ?? ''
      lines.forEach(addLine)
    },
    finish(): Map<number, StreamEnd> {
      addLine(incompleteLine)
      // An edit list can begin after a key frame: the packets up to its start are no part of the duration.
      const start = Number.isFinite(firstShown) ? firstShown : first
      const pauses = {
        maxSeconds: maxPauseSeconds,
        hasPackets: createPacketSearch([...streams.values()].map(({ times }) => times)),
      }
      return new Map(
        [...streams].map(([index, stream]) => {
          const { end, shownEnd, last, frames, lastInterval, times, isSteady } = stream
          const timeFault = frames === times.length ? findTimeFault(times, pauses) : null
          const endSeconds = timeFault?.endSeconds ?? (end > last ? end : last + lastInterval)
          const isCertain = isSteady || timeFault !== null
          const shownEndSeconds = Math.min(endSeconds, Math.max(start, shownEnd)) - start
          return [
            index,
            { endSeconds: endSeconds - start, shownEndSeconds, frames, timeFault, isCertain },
          ]
        }),
      )
    },
  }
}

/** Returns a function that returns true if a stream has a packet between two times. */
function createPacketSearch(streams: readonly (readonly number[])[]) {
  let sorted: Float64Array[] | null = null
  return (from: number, to: number): boolean => {
    sorted ??= streams.map((times) => Float64Array.from(times).sort())
    return sorted.some((times) => (times[findFirstAfter(times, from)] ?? Infinity) < to)
  }
}

/** Returns the index of the first of the sorted times that is later. */
function findFirstAfter(times: Float64Array, from: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (times[middle]! > from) {
      high = middle
    } else {
      low = middle + 1
    }
  }
  return low
}
