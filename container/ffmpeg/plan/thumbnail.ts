/**
 * Selects the best of several frames: neither too dark nor too bright, with contrast, and sharp.
 */
import { formatDecimal } from '../edit/numbers.ts'
import { COMMON_OPTIONS, INPUT_LIMITS } from '../process/limits.ts'
import { ffmpegOptions } from '../process/options.ts'
import { seekUrl } from '../process/sourceUrl.ts'
import type { FfmpegStep, InputFile } from '../renderPlan.ts'

/** Number of frames that are measured. Each costs a seek in the source. */
const CANDIDATES = 8
/**
 * When candidates are further apart than this, each is replaced by the key frame before it, so that
 * only one frame has to be decoded.
 */
const MAX_EXACT_DISTANCE_SECONDS = 30
/** Candidates when the duration is unknown. A candidate after the end of the video has no frame. */
const DEFAULT_CANDIDATE_SECONDS = [0, 2, 5, 15, 60, 180, 600, 1_800]
/** Luma of black and white in limited range. */
const BLACK = 16
const WHITE = 235

/** Brightness, contrast and sharpness of one frame. */
export interface FrameStatistics {
  second: number
  /** Mean luma, from 0 (black) to 1 (white). */
  mean: number
  /**
   * Contrast: the difference between the 10th and the 90th percentile of luma, as a share of the
   * range from black to white.
   */
  spread: number
  /** Sharpness: mean difference between a pixel and its neighbours. */
  edges: number
}

/** @param durationSeconds duration of the video; null when unknown */
export function listCandidateSeconds(durationSeconds: number | null): number[] {
  if (durationSeconds === null) {
    return DEFAULT_CANDIDATE_SECONDS
  }
  const shares = Array.from({ length: CANDIDATES }, (_, index) => (index + 0.5) / CANDIDATES)
  return shares.map((share) => Math.floor(share * durationSeconds * 1e3) / 1e3)
}

interface MeasuredVideo {
  /** Number of the stream in the file. */
  index: number
  inputOptions: readonly string[]
  /** Filters that make the frames progressive. */
  deinterlace: readonly string[]
  /** Time between two candidates. */
  distanceSeconds: number
}

/**
 * Returns the step that measures one frame. The frame is scaled down first, so that blur which is
 * invisible at the size of a thumbnail does not lower its score.
 */
export function planFrameMeasurement(
  file: InputFile,
  second: number,
  { index, inputOptions, deinterlace, distanceSeconds }: MeasuredVideo,
): FfmpegStep {
  const print = (key: string) => `metadata=print:key=lavfi.signalstats.${key}`
  const filters = [
    ...deinterlace,
    'scale=320:320:force_original_aspect_ratio=decrease:flags=area',
    'format=yuv420p',
    'signalstats',
    print('YAVG'),
    print('YLOW'),
    print('YHIGH'),
    'convolution=0 1 0 1 -4 1 0 1 0',
    'signalstats',
    print('YAVG'),
  ]
  const seeksExactly = file.probe?.seeksExactly !== false
  const usesKeyframes = distanceSeconds > MAX_EXACT_DISTANCE_SECONDS
  const command = [
    ...COMMON_OPTIONS,
    ...ffmpegOptions({
      // In a file without an index, the frame is the first key frame after the seek position. Its
      // time is then its timestamp in the file.
      copyts: !seeksExactly,
      noaccurate_seek: usesKeyframes || !seeksExactly,
      skip_frame: usesKeyframes ? 'nokey' : null,
    }),
    ...INPUT_LIMITS,
    ...inputOptions,
    ...ffmpegOptions({
      ss: formatDecimal(second),
      i: seekUrl(file, second),
      map: `0:${index}`,
      'frames:v': 1,
      vf: filters.join(','),
      f: 'null',
    }),
    '-',
  ]
  return { stage: 'analyse', cost: 0.01, seconds: null, optional: true, ffmpeg: () => command }
}

/**
 * @param zero second of the source that has the time 0 in `stderr`
 * @param stderr the stderr of the measurement
 * @returns null when there was no frame
 */
export function parseFrameStatistics(zero: number, stderr: string): FrameStatistics | null {
  const readAll = (key: string) =>
    [...stderr.matchAll(new RegExp(`signalstats\\.${key}=([\\d.]+)`, 'g'))].map(([, value]) =>
      Number(value),
    )
  const [mean, edges] = readAll('YAVG')
  const [low] = readAll('YLOW')
  const [high] = readAll('YHIGH')
  if (mean === undefined || edges === undefined || low === undefined || high === undefined) {
    return null
  }
  // A time that is relative to the seek position is negative for a key frame before it.
  const offset = Number(/pts_time:(-?[\d.]+)/.exec(stderr)?.[1] ?? 0)
  return {
    // Rounded down, since ffmpeg seeks to the first frame at or after a time.
    second: Math.max(0, Math.floor((zero + offset) * 1e3) / 1e3),
    mean: toShare(mean, BLACK, WHITE),
    spread: (high - low) / (WHITE - BLACK),
    edges,
  }
}

/** Returns the second of the best frame, the earliest of equal ones; 0 when there is no frame. */
export function selectBestSecond(frames: readonly (FrameStatistics | null)[]): number {
  let best = { second: 0, score: -1 }
  for (const frame of frames) {
    const score = frame === null ? -1 : scoreFrame(frame)
    if (frame !== null && score > best.score) {
      best = { second: frame.second, score }
    }
  }
  return best.second
}

/**
 * Scores sharpness, reduced near black, near white, and below a quarter of the possible contrast.
 * If sharpness does not decide, because every frame is black for example, the brightest one wins.
 */
function scoreFrame({ mean, spread, edges }: FrameStatistics): number {
  const exposure = toShare(mean, 0, 0.25) * toShare(1 - mean, 0, 0.25)
  return exposure * toShare(spread, 0, 0.25) * edges + mean * 1e-6
}

/** Returns the position of the value between `from` (0) and `to` (1), limited to 0 to 1. */
function toShare(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)))
}
