/** Edit step: selects the frames of a range of the output by their times. */
import type { FileVideo, OutputRange } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'

/**
 * `trim` ends the input this many frames after the end of the range, and `select` selects the frames:
 * only its times are exact. `trim` rounds its times to the time base, in which the end can be half a unit.
 */
const MARGIN_FRAMES = 2.5
/** The same in seconds, for an unknown frame rate. */
const MARGIN_SECONDS = 0.1

export function selectRange({ range }: Pick<FileVideo, 'range'>): string[] {
  if (range === null) {
    return []
  }
  const { startSeconds, endSeconds, frameRate } = range
  const margin = frameRate === null ? MARGIN_SECONDS : MARGIN_FRAMES / frameRate
  const isAfterStart = startSeconds > 0 ? [`gte(t,${formatDecimal(startSeconds, 6)})`] : []
  const isBeforeEnd = endSeconds === null ? [] : [`lt(t,${formatDecimal(endSeconds, 6)})`]
  const conditions = [...isAfterStart, ...isBeforeEnd]
  return [
    ...(endSeconds === null ? [] : [`trim=end=${formatDecimal(endSeconds + margin, 6)}`]),
    ...(conditions.length === 0 ? [] : [`select='${conditions.join('*')}'`]),
  ]
}

/** Marks the time of the first frame in stderr: a number that no frame has as its time. */
const MARK = '-4921.492100'
const REPORT = new RegExp(String.raw`${MARK}\s+(-?\d+\.\d+)`)

/** Returns the filter that reports the time of the first frame that is read, if not all are read. */
export function reportFirstTime(range: OutputRange | null): string[] {
  return range === null || range.readFromSeconds === 0
    ? []
    : [`select='1+0*if(eq(n,0),print(${MARK})+print(t))'`]
}

/** Returns the reported time; null when stderr does not contain it. Only the end of stderr is kept. */
export function readFirstTime(stderr: string): number | null {
  const [, seconds] = REPORT.exec(stderr) ?? []
  return seconds === undefined ? null : Number(seconds)
}
