/**
 * Finds the key frame from which a source without an index has to be decoded. In MPEG streams,
 * ffmpeg seeks to any packet near a time, and decodes from the next key frame on.
 */
import { type ProbeEnvironment, runFfprobe } from '../process/ffprobe.ts'
import { INPUT_LIMITS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'

/** Seconds before the time in which the key frame is looked for, one after the other. */
const WINDOWS_SECONDS = [12, 60]
/** Containers round times, and a request names them with at most three digits. */
const ROUNDING_SECONDS = 0.0015

/**
 * @param stream index of the video stream
 * @param second time in the timestamps of the file
 * @returns time at which the last key frame at or before `second` is decoded; null when there is none
 *   near it
 */
export async function findKeyframeBefore(
  { url, stream }: { url: string; stream: number },
  second: number,
  environment: ProbeEnvironment,
): Promise<number | null> {
  for (const window of WINDOWS_SECONDS) {
    const { output } = await runFfprobe(
      { ...environment, input: [...INPUT_LIMITS, url] },
      {
        entries: 'packet=pts_time,dts_time,flags',
        format: 'csv=p=0',
        selection: ffmpegOptions({
          select_streams: stream,
          read_intervals: `${Math.max(0, second - window)}%${second + 1}`,
        }),
      },
    )
    const last = [...output.matchAll(/^(-?\d+\.\d+),(-?\d+\.\d+|N\/A),K/gm)].findLast(
      ([, shown]) => Number(shown) <= second + ROUNDING_SECONDS,
    )
    if (last !== undefined) {
      const [, shown, decoded] = last
      return Number(decoded === 'N/A' ? shown : decoded)
    }
  }
  return null
}
