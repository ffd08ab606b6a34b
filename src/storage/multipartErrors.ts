/** Why R2 would not complete a multipart upload, by the code in its message. */

/** A part too small, one that is not there, parts of unequal size: whoever sent them can mend it. */
const BAD_PARTS = /\((10011|10025|10048)\)/
/** R2 does not know the upload any more. */
const GONE = /\(10024\)/

/** Null when it is something else, which is then no fault of the parts. */
export function classifyCompletionError(error: unknown): 'bad_parts' | 'gone' | null {
  if (!(error instanceof Error)) {
    return null
  }
  if (GONE.test(error.message)) {
    return 'gone'
  }
  return BAD_PARTS.test(error.message) ? 'bad_parts' : null
}
