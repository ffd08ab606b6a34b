/** Finds where the streams of a file end, from the times of all its packets. */
import { classifyFfmpegFailure } from '../process/classifyFailure.ts'
import type { FfprobeOptions } from '../process/ffprobe.ts'
import { probeLimits } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { runProcess } from '../process/process.ts'

interface StreamEnd {
  /** End of the last packet, in seconds from the first packet of the file. */
  endSeconds: number
  /** Number of packets. */
  frames: number
}

/** CPU time for reading a file of many GB; the timeout of the attempt limits the elapsed time. */
const CPU_SECONDS = 600

/**
 * Reads the file to its end. The memory that this takes does not depend on its size.
 *
 * @returns the end of each stream that has packets, by its number
 * @throws JobFailure when ffprobe fails
 */
export async function measureEnds(options: FfprobeOptions): Promise<Map<number, StreamEnd>> {
  const meter = createMeter()
  const result = await runProcess({
    file: options.ffprobe,
    arguments: [
      ...ffmpegOptions({
        v: 'error',
        of: 'csv=p=0',
        show_entries: 'packet=stream_index,pts_time,duration_time',
      }),
      ...options.input,
    ],
    limits: { ...probeLimits(options.limits), cpuSeconds: CPU_SECONDS },
    cwd: options.cwd,
    signal: options.signal,
    onStdout: (text) => meter.add(text),
  })
  if (result.code !== 0) {
    throw classifyFfmpegFailure(result)
  }
  return meter.finish()
}

/** Parses lines such as `0,1.960000,0.040000`. */
function createMeter() {
  const streams = new Map<number, { last: number; end: number; frames: number; rest: number }>()
  let start = Infinity
  let rest = ''

  function addLine(line: string) {
    const [index, time, duration] = line.split(',').map(Number)
    if (index === undefined || time === undefined || !Number.isFinite(time)) {
      return
    }
    const stream = streams.get(index) ?? { last: -Infinity, end: -Infinity, frames: 0, rest: 0 }
    const seconds = Number.isFinite(duration) ? Number(duration) : 0
    stream.frames += 1
    stream.end = Math.max(stream.end, time + seconds)
    // A packet without a duration lasts as long as the interval before it.
    stream.rest =
      time > stream.last && Number.isFinite(stream.last) ? time - stream.last : stream.rest
    stream.last = Math.max(stream.last, time)
    streams.set(index, stream)
    start = Math.min(start, time)
  }

  return {
    add(text: string) {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(addLine)
    },
    finish(): Map<number, StreamEnd> {
      addLine(rest)
      return new Map(
        [...streams].map(([index, { end, last, frames, rest: interval }]) => [
          index,
          { endSeconds: (end > last ? end : last + interval) - start, frames },
        ]),
      )
    },
  }
}
