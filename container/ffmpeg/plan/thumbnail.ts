/**
 * Which of several frames shows a video best: neither black nor blown out, of some contrast, and
 * sharp. Owns where is looked and what counts; the same file always gives the same second.
 */
import { decimal } from '../edit/timing.ts'
import { INPUT_LIMITS, COMMON_OPTIONS } from '../process/limits.ts'
import type { FfmpegStep } from '../renderPlan.ts'

/** Each costs a seek, which reads up to 5 MiB. */
const CANDIDATES = 8
/** Where they are further apart, the keyframe before each will do, and saves decoding up to it. */
const KEYFRAMES_BEYOND_SECONDS = 30
/** For files that do not say how long they are; what lies after their end gives nothing. */
const BLIND_SECONDS = [0, 2, 5, 15, 60, 180, 600, 1_800]

/** Luma as shares of what there is, and how strongly neighbours differ. */
export interface Look {
  second: number
  mean: number
  spread: number
  edges: number
}

/** @param lengthSeconds of the picture; null when nobody knows */
export function candidatesOf(lengthSeconds: number | null): number[] {
  if (lengthSeconds === null) {
    return BLIND_SECONDS
  }
  const parts = Array.from({ length: CANDIDATES }, (_, at) => (at + 0.5) / CANDIDATES)
  return parts.map((part) => Math.floor(part * lengthSeconds * 1e3) / 1e3)
}

/** Looks at one frame, small, since a blur that is not seen at this size is none. */
export function lookStep(
  url: string,
  second: number,
  { interlaced, apart }: { interlaced: boolean; apart: number },
): FfmpegStep {
  const print = (key: string) => `metadata=print:key=lavfi.signalstats.${key}`
  const filters = [
    ...(interlaced ? ['yadif'] : []),
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
  const keyframe = apart > KEYFRAMES_BEYOND_SECONDS
  return {
    stage: 'analyse',
    cost: 0.01,
    seconds: null,
    optional: true,
    ffmpeg: () => [
      ...COMMON_OPTIONS,
      ...(keyframe ? ['-noaccurate_seek', '-skip_frame', 'nokey'] : []),
      ...INPUT_LIMITS,
      '-ss',
      decimal(second),
      '-i',
      url,
      '-map',
      '0:V:0',
      '-frames:v',
      '1',
      '-vf',
      filters.join(','),
      '-f',
      'null',
      '-',
    ],
  }
}

/**
 * @param second that was sought
 * @param said what ffmpeg wrote to stderr
 * @returns null when there was no frame
 */
export function readLook(second: number, said: string): Look | null {
  const valuesOf = (key: string) =>
    [...said.matchAll(new RegExp(`signalstats\\.${key}=([\\d.]+)`, 'g'))].map(([, value]) =>
      Number(value),
    )
  const [mean, edges] = valuesOf('YAVG')
  const [low] = valuesOf('YLOW')
  const [high] = valuesOf('YHIGH')
  if (mean === undefined || edges === undefined || low === undefined || high === undefined) {
    return null
  }
  // A keyframe lies before the second that was sought, by as much as its time is below zero.
  const offset = Number(/pts_time:(-?[\d.]+)/.exec(said)?.[1] ?? 0)
  return {
    // Down to the millisecond, for a seek goes to the first frame at or after.
    second: Math.max(0, Math.floor((second + offset) * 1e3) / 1e3),
    mean: share(mean, 16, 235),
    spread: (high - low) / 219,
    edges,
  }
}

/** @returns the second of the best; of equals, the earliest; 0 when there is none */
export function bestOf(looks: readonly (Look | null)[]): number {
  let best = { second: 0, score: -1 }
  for (const look of looks) {
    if (look === null) {
      continue
    }
    const score = scoreOf(look)
    if (score > best.score) {
      best = { second: look.second, score }
    }
  }
  return best.second
}

/**
 * The sharpest of those with light and contrast. Between a quarter and three quarters of the range
 * light is as good as any; towards black and white, and below a quarter of contrast, less and less
 * counts. The mean is added for where all is dark.
 */
function scoreOf({ mean, spread, edges }: Look): number {
  const light = share(mean, 0, 0.25) * share(1 - mean, 0, 0.25)
  return light * share(spread, 0, 0.25) * edges + mean * 1e-6
}

function share(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)))
}
