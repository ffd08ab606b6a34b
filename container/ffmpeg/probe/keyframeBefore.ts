/**
 * Finds the key frame from which a source without an index has to be decoded. In MPEG streams,
 * ffmpeg seeks to any packet near a time, and decodes from the next key frame on. In fragmented MP4 it
 * can miss a frame that is decoded before the requested time and shown after it.
 */
import { JobFailure } from '../../failures.ts'
import {
  type FfprobeOptions,
  type FfprobeQuery,
  type ProbeEnvironment,
  runFfprobe,
} from '../process/ffprobe.ts'
import { INPUT_LIMITS, PROBE } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { seekUrl } from '../process/sourceUrl.ts'
import type { Probe } from './probe.ts'

/**
 * Seconds before the time that are searched for the key frame. A longer part is searched only if
 * the shorter ones have none.
 */
const WINDOWS_SECONDS = [4, 12, 60]
/** Containers round times, and times in a request have at most three decimals. */
const ROUNDING_SECONDS = 0.0015

/**
 * @param stream index of the video stream
 * @param second time in the timestamps of the file
 * @returns decoding time of the last key frame that is shown at or before `second`; null when no
 *   key frame is found. If a part has more bytes than ffprobe may read, an earlier key frame may be
 *   returned.
 */
export async function findKeyframeBefore(
  { url, stream, probe }: { url: string; stream: number; probe: Probe },
  second: number,
  environment: ProbeEnvironment,
): Promise<number | null> {
  for (const window of WINDOWS_SECONDS) {
    const from = Math.max(0, second - window)
    const input = [...INPUT_LIMITS, seekUrl({ url, probe }, from - probe.startSeconds)]
    const output = await listPackets(
      { ...environment, input },
      {
        entries: 'packet=pts_time,dts_time,flags',
        format: 'csv=p=0',
        enoughBytes: PROBE.readBytes,
        selection: ffmpegOptions({
          select_streams: stream,
          read_intervals: `${from}%${second + 1}`,
        }),
      },
    )
    const last = parseKeyframes(output).findLast(({ shown }) => shown <= second + ROUNDING_SECONDS)
    if (last !== undefined) {
      return last.decoded
    }
  }
  return null
}

/** Parses lines such as `1.000000,0.920000,K_`. In a file without presentation times, one is `N/A`. */
function parseKeyframes(output: string): { shown: number; decoded: number }[] {
  return [...output.matchAll(/^(-?\d+\.\d+|N\/A),(-?\d+\.\d+|N\/A),K/gm)]
    .map(([, shown, decoded]) => ({
      shown: Number(shown === 'N/A' ? decoded : shown),
      decoded: Number(decoded === 'N/A' ? shown : decoded),
    }))
    .filter(({ shown }) => Number.isFinite(shown))
}

/** Returns no packets if ffprobe fails, because the file can be decoded from its start instead. */
async function listPackets(options: FfprobeOptions, query: FfprobeQuery): Promise<string> {
  try {
    return (await runFfprobe(options, query)).output
  } catch (error) {
    if (error instanceof JobFailure) {
      return ''
    }
    throw error
  }
}
