/**
 * Samples frames of a video to find out whether it is interlaced. ffmpeg decodes a few windows of
 * consecutive frames, and drops columns of pixels; the lines are kept.
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProbeEnvironment } from '../process/ffprobe.ts'
import { INPUT_LIMITS, probeLimits } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { runProcess } from '../process/process.ts'
import { seekUrl } from '../process/sourceUrl.ts'
import { comparePair, type PairScan } from './compareFields.ts'
import type { KnownFile } from './probeMemo.ts'
import type { WindowPlan } from './scanWindows.ts'
import type { VideoStream } from './streams.ts'

export interface ScanSampleOptions extends ProbeEnvironment, KnownFile {
  ffmpeg: string
  url: string
  probe: { isFragmented: boolean }
}

const MAX_COLUMNS = 200
/** CPU time for decoding the frames, of all threads together. */
const CPU_SECONDS = 30
const MAX_ELAPSED_SECONDS = 60
const CHECK_INTERVAL_MS = 50
/** Maximum size of the frames of a window. 128 frames of 200 by 1088 pixels have 27 MiB. */
const MAX_FILE_BYTES = 64 * 1024 ** 2
/** Abort reason when the sampling has read enough bytes, or takes too long. */
const LIMIT_REACHED = new Error('the limit of the sampling is reached')

/**
 * Decodes the frames of the windows, and compares each frame with the next one of its period.
 *
 * @returns the pairs of frames of each period; fewer if a limit is reached, or the file cannot be
 *   read or decoded
 * @throws the reason of `signal` when it is aborted
 */
export async function sampleScan(
  video: VideoStream,
  { windows, maxBytes }: Pick<WindowPlan, 'windows' | 'maxBytes'>,
  options: ScanSampleOptions,
): Promise<PairScan[][]> {
  const size = {
    width: Math.min(MAX_COLUMNS, video.upright.width),
    height: video.upright.height,
  }
  const files = windows.map((_, index) => `scan-${index}.gray`)
  const graph = windows.map(
    ({ frames, periods, stride }, index) =>
      `[${index}:${video.index}]trim=end_frame=${stride * (periods - 1) + frames},` +
      `select='lt(mod(n,${stride}),${frames})',` +
      `scale=${size.width}:${size.height}:flags=neighbor,format=gray[window${index}]`,
  )
  const command = [
    ...ffmpegOptions({ v: 'error', nostdin: true, nostats: true, y: true }),
    ...windows.flatMap(({ seconds, isExact }) => [
      ...ffmpegOptions({
        noaccurate_seek: !isExact && seconds > 0,
        ss: seconds > 0 ? seconds : null,
      }),
      ...INPUT_LIMITS,
      ...video.inputOptions,
      ...ffmpegOptions({ i: seekUrl(options, seconds) }),
    ]),
    ...ffmpegOptions({ filter_complex: graph.join(';') }),
    ...files.flatMap((file, index) => [
      ...ffmpegOptions({
        map: `[window${index}]`,
        fps_mode: 'passthrough',
        'c:v': 'rawvideo',
        f: 'rawvideo',
        flush_packets: 1,
      }),
      file,
    ]),
  ]
  await runBounded(command, maxBytes, options)
  const pairs: PairScan[][] = []
  for (const [index, { frames }] of windows.entries()) {
    const path = join(options.cwd, files[index]!)
    const bytes = await readFile(path).catch(() => Buffer.alloc(0))
    await rm(path, { force: true })
    pairs.push(...comparePairs(bytes, { ...size, frames }))
  }
  return pairs
}

/**
 * Runs ffmpeg until it ends, has read `maxBytes`, or has run for MAX_ELAPSED_SECONDS. The frames
 * that it has written by then are used.
 */
async function runBounded(
  command: string[],
  maxBytes: number,
  { ffmpeg, limits, cwd, signal, bytesRead }: ScanSampleOptions,
): Promise<void> {
  const stopping = new AbortController()
  const bytesBefore = bytesRead()
  const timer = setTimeout(() => stopping.abort(LIMIT_REACHED), MAX_ELAPSED_SECONDS * 1_000)
  const check = setInterval(() => {
    if (bytesRead() - bytesBefore > maxBytes) {
      stopping.abort(LIMIT_REACHED)
    }
  }, CHECK_INTERVAL_MS)
  try {
    await runProcess({
      file: ffmpeg,
      arguments: command,
      limits: { ...probeLimits(limits), cpuSeconds: CPU_SECONDS, fileBytes: MAX_FILE_BYTES },
      cwd,
      signal: AbortSignal.any([signal, stopping.signal]),
      onStdout: () => {},
    })
  } catch (error) {
    if (error !== LIMIT_REACHED) {
      throw error
    }
  } finally {
    clearTimeout(timer)
    clearInterval(check)
  }
}

/**
 * Compares each frame with the next one of its period.
 *
 * @param size.frames number of frames in a period
 */
function comparePairs(
  bytes: Uint8Array,
  { width, height, frames }: { width: number; height: number; frames: number },
): PairScan[][] {
  const frameBytes = width * height
  const readFrame = (index: number) => bytes.subarray(index * frameBytes, (index + 1) * frameBytes)
  const total = Math.floor(bytes.length / frameBytes)
  const periods: PairScan[][] = []
  for (let start = 0; start < total; start += frames) {
    const pairs: PairScan[] = []
    for (let index = start; index + 1 < Math.min(total, start + frames); index++) {
      const [frame, next] = [readFrame(index), readFrame(index + 1)]
      pairs.push(comparePair({ frame, next, width, height }))
    }
    periods.push(pairs)
  }
  return periods
}
