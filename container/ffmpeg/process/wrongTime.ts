/**
 * Finds the report of a wrong time in ffmpeg's output. The runner then stops the encode, examines the
 * times of the file, and encodes it again.
 */

/**
 * Number that a filter prints to stderr. It may follow the beginning of a line that another thread
 * writes. If a tag of the file has the number too, its times are examined without need.
 */
const MARK = '-4919.491900'
/** The second is what ffmpeg writes when the time of a copied packet goes back. */
const REPORT = new RegExp(String.raw`${MARK}$|\] Non-monoton(?:ous|ic) DTS`, 'm')
/** A line may arrive in two parts. */
const MAX_PART_CHARACTERS = 200

/** Expression that prints the mark, at the level of errors, and is zero. */
export const REPORT_WRONG_TIME = `0*print(${MARK},16)`

/** Returns a function that receives the text of stderr, and returns true after a report. */
export function createReportReader(): (text: string) => boolean {
  let last = ''
  return (text) => {
    const read = last + text
    last = read.slice(-MAX_PART_CHARACTERS)
    return REPORT.test(read)
  }
}
