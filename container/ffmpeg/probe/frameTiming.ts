/** How the pictures of a file follow each other, from the times of its packets. */
import { runFfprobe } from '../process/ffprobe.ts'
import { INPUT_LIMITS } from '../process/limits.ts'
import type { ProbeEnvironment } from '../renderPlan.ts'

export interface FrameTiming {
  /** The longest from one keyframe to the next; null when there are no two. */
  keyframeIntervalSeconds: number | null
  /** Seconds from a picture to the next, as most are; null when there are too few. */
  typicalSeconds: number | null
  /** Whether some are further apart than others; null when there are too few to tell. */
  isUneven: boolean | null
}

/** Encoders put a keyframe every 2 to 10 seconds. */
const LOOKED_AT_SECONDS = 30
/** Uncompressed video is all keyframes, and says so at once. */
const LOOKED_AT_BYTES = 32 * 1024 ** 2

/** Containers round times, Matroska to the millisecond: two roundings are no difference. */
const ROUNDING_SECONDS = 0.0021
const MIN_PICTURES = 3
/** A file may stumble once, or at its cuts. */
const MAX_UNEVEN = 0.02

/** Looks at the beginning of the first video stream that is no cover. */
export async function probeFrameTiming(url: string, tools: ProbeEnvironment): Promise<FrameTiming> {
  const { output } = await runFfprobe(
    { ...tools, input: [...INPUT_LIMITS, url] },
    {
      entries: 'packet=pts_time,flags',
      format: 'csv=p=0',
      enoughBytes: LOOKED_AT_BYTES,
      selection: ['-select_streams', 'V:0', '-read_intervals', `%+${LOOKED_AT_SECONDS}`],
    },
  )
  return parseFrameTiming(output)
}

/** @param lines `pts_time,flags` a packet, in the order of the file; the last may be cut off */
export function parseFrameTiming(lines: string): FrameTiming {
  const packets = [...lines.matchAll(/^(-?\d+\.\d+),(\w+)/gm)]
    .map(([, time, flags]) => ({ at: Number(time), key: String(flags).startsWith('K') }))
    .toSorted((one, other) => one.at - other.at)
  const keys = gaps(packets.filter(({ key }) => key).map(({ at }) => at))
  const all = gaps(packets.map(({ at }) => at)).filter((gap) => gap > 0)
  const usual = all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? null
  const tolerance = Math.max(ROUNDING_SECONDS, (usual ?? 0) * 0.05)
  const off = all.filter((gap) => Math.abs(gap - (usual ?? 0)) > tolerance).length
  const few = all.length < MIN_PICTURES - 1
  return {
    keyframeIntervalSeconds: keys.length === 0 ? null : Math.max(...keys),
    typicalSeconds: few ? null : usual,
    isUneven: few ? null : off > Math.max(1, all.length * MAX_UNEVEN),
  }
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, at) => time - times[at]!)
}
