/** Measures the similarity of each frame of a file to that of its source. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { args } from '../../fixtures/args.ts'

const execute = promisify(execFile)

/** The measures of each frame, and the largest difference between two encodes that nobody can see. */
interface Similarities {
  perFrame: number[]
  maxLoss: number
}

/** Measures XPSNR in decibels if ffmpeg can (7.1 can, 5.1 cannot), SSIM otherwise. */
export async function readSimilarities(file: string, source: string): Promise<Similarities> {
  const { stdout: filters } = await execute('ffmpeg', args`-v error -filters`)
  const hasXpsnr = /\bxpsnr\b/.test(filters)
  const filter = `[0:v:0][1:v:0]${hasXpsnr ? 'xpsnr=stats_file=-' : 'ssim=stats_file=-'}`
  const { stdout } = await execute(
    'ffmpeg',
    args`-v error -i ${file} -i ${source} -filter_complex ${filter} -f null -`,
  )
  const values = stdout.matchAll(hasXpsnr ? /XPSNR y: *([\d.]+|inf)/g : /All:([\d.]+)/g)
  return {
    perFrame: [...values].map(([, value]) => (value === 'inf' ? Infinity : Number(value))),
    maxLoss: hasXpsnr ? 0.75 : 0.01,
  }
}

/**
 * Compares a joined file with a whole one, near its seams. A loss below 0 is a gain.
 *
 * @param options.seams numbers of the first frames of chunks
 */
export function measureSeamLoss(options: {
  joined: Similarities
  expected: Similarities
  seams: number[]
}) {
  const joined = options.joined.perFrame
  const expected = options.expected.perFrame
  if (joined.length !== expected.length) {
    throw new Error(`there are ${joined.length} frames instead of ${expected.length}`)
  }
  const listFrames = (before: number, after: number) =>
    options.seams.flatMap((seam) =>
      Array.from({ length: before + after }, (_, index) => seam - before + index),
    )
  const findLowest = (values: number[]) =>
    Math.min(...listFrames(5, 6).map((frame) => values[frame] ?? 0))
  const measureMean = (frames: number[]) =>
    frames.reduce((sum, frame) => sum + (expected[frame] ?? 0) - (joined[frame] ?? 0), 0) /
    frames.length
  return {
    /** By how much the worst frame near a seam is worse than the worst one of the whole. */
    ofLowest: findLowest(expected) - findLowest(joined),
    /** Mean of the last four frames before each seam. */
    meanBefore: measureMean(listFrames(4, 0)),
    /** Mean of the first ten frames after each seam. */
    meanAfter: measureMean(listFrames(0, 10)),
  }
}
