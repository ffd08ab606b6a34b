/**
 * The time of the first frame that ffmpeg has read, which a filter prints to stderr. Much text can follow: four
 * encoders of a stream write more than the end of stderr that is kept.
 */

/** Precedes the time: a number that no frame has as its time. */
const MARK = '-4921.492100'

/** Expression that prints the mark and the time of the first frame, and is zero. */
export const REPORT_FIRST_TIME = `0*if(eq(n,0),print(${MARK})+print(t))`

/** The report in stderr. `runProcess` keeps it in front of the end of stderr. */
export const FIRST_TIME_REPORT = new RegExp(String.raw`${MARK}\s+(-?\d+\.\d+)\s`)

/** Returns the reported time; null when there is none in `stderr`. */
export function readFirstTime(stderr: string): number | null {
  const [, seconds] = FIRST_TIME_REPORT.exec(stderr) ?? []
  return seconds === undefined ? null : Number(seconds)
}
