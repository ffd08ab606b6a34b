/**
 * Frame timing of a file: the spacing of its frames and key frames, from the times of its packets.
 */
import { type ProbeEnvironment, runFfprobe } from '../process/ffprobe.ts'
import { INPUT_LIMITS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'

export interface FrameTiming {
  /**
   * Longest time from one key frame to the next, in seconds; null when there are fewer than two.
   */
  keyframeIntervalSeconds: number | null
  /** Median time from one frame to the next; null when there are too few frames. */
  typicalSeconds: number | null
  /** True when the spacing varies; null when there are too few frames. */
  isUneven: boolean | null
}

/** Long enough for several key frames: encoders usually write one every 2 to 10 seconds. */
const MEASURED_SECONDS = 30
/**
 * Reading also ends after about this many bytes, which a file with a high bit rate reaches first.
 * In uncompressed video every frame is a key frame, so fewer seconds are enough.
 */
const MEASURED_BYTES = 32 * 1024 ** 2

/**
 * Containers round times, Matroska to the millisecond. So an interval can be wrong by 1 ms, the
 * median too, and the two can differ by 2 ms although the frames are evenly spaced.
 */
const ROUNDING_SECONDS = 0.0021
/** Relative difference from the median that still counts as even. */
const MAX_RELATIVE_DIFFERENCE = 0.05
const MIN_FRAMES = 3
/** Share of intervals that may differ (one may always): a file can be joined from parts. */
const MAX_UNEVEN_SHARE = 0.02

/** Measures the first seconds of a video stream. */
export async function probeFrameTiming(
  url: string,
  { index }: { index: number },
  environment: ProbeEnvironment,
): Promise<FrameTiming> {
  const { output } = await runFfprobe(
    { ...environment, input: [...INPUT_LIMITS, url] },
    {
      entries: 'packet=pts_time,flags',
      format: 'csv=p=0',
      enoughBytes: MEASURED_BYTES,
      selection: ffmpegOptions({
        select_streams: index,
        read_intervals: `%+${MEASURED_SECONDS}`,
      }),
    },
  )
  return parseFrameTiming(output)
}

/**
 * @param csv `pts_time,flags` of each packet, in the order of the file; the last may be truncated
 */
export function parseFrameTiming(csv: string): FrameTiming {
  const packets = [...csv.matchAll(/^(-?\d+\.\d+),(\w+)/gm)]
    .map(([, time, flags]) => ({
      seconds: Number(time),
      isKeyframe: String(flags).startsWith('K'),
    }))
    .toSorted((one, other) => one.seconds - other.seconds)
  const keyframes = packets.filter(({ isKeyframe }) => isKeyframe)
  const keyframeIntervals = intervals(keyframes)
  const frameIntervals = intervals(packets).filter((interval) => interval > 0)
  const hasTooFewFrames = frameIntervals.length < MIN_FRAMES - 1
  return {
    keyframeIntervalSeconds: keyframeIntervals.length === 0 ? null : Math.max(...keyframeIntervals),
    typicalSeconds: hasTooFewFrames ? null : median(frameIntervals),
    isUneven: hasTooFewFrames ? null : isUneven(frameIntervals),
  }
}

function isUneven(frameIntervals: readonly number[]): boolean {
  const typical = median(frameIntervals)
  const tolerance = Math.max(ROUNDING_SECONDS, typical * MAX_RELATIVE_DIFFERENCE)
  const different = frameIntervals.filter((each) => Math.abs(each - typical) > tolerance)
  return different.length > Math.max(1, frameIntervals.length * MAX_UNEVEN_SHARE)
}

function intervals(packets: readonly { seconds: number }[]): number[] {
  return packets.slice(1).map(({ seconds }, index) => seconds - packets[index]!.seconds)
}

/** @param values at least one */
function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!
}
