/** Edit step: selects the frames of a range of the output by their times. */
import type { FileVideo, OutputRange } from '../editedOutput.ts'
import { REPORT_FIRST_TIME } from '../../process/firstTime.ts'
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

/** Returns the filter that reports the time of the first frame that is read, if not all are read. */
export function reportFirstTime(range: OutputRange | null): string[] {
  return range === null || range.readFromSeconds === 0 ? [] : [`select='1+${REPORT_FIRST_TIME}'`]
}
