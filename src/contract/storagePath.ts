/**
 * Storage paths: the one rule for what names a file, used by every route. A path is the key of
 * its original, so nothing that R2 or a file system could read in two ways gets through.
 */
import { z } from 'zod'

/** R2 keys end at 1,024 bytes; file systems at 255 a name. */
const MAX_PATH_BYTES = 1_024
const MAX_SEGMENT_BYTES = 255
// C0 and C1 controls, DEL, line separators, and the marks that turn text around on screen.
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\\]/
const LONE_SURROGATE = /\p{Surrogate}/u

/** UTF-8 length without TextEncoder, which the contract may not count on. */
function utf8Bytes(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0)!
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}

/** Says what is wrong with a path, or null when it is good. Expects it NFC-normalised. */
function pathProblem(path: string): string | null {
  if (path === '') {
    return 'the path is empty'
  }
  if (LONE_SURROGATE.test(path)) {
    return 'it is not valid Unicode'
  }
  if (utf8Bytes(path) > MAX_PATH_BYTES) {
    return `it is longer than ${MAX_PATH_BYTES} bytes`
  }
  if (FORBIDDEN.test(path)) {
    return 'it holds a backslash, a control or a direction character'
  }
  for (const segment of path.split('/')) {
    if (segment === '') {
      return 'it has an empty segment (a slash at an end, or two in a row)'
    }
    if (segment === '.' || segment === '..') {
      return `the segment "${segment}" is not allowed`
    }
    if (utf8Bytes(segment) > MAX_SEGMENT_BYTES) {
      return `a segment is longer than ${MAX_SEGMENT_BYTES} bytes`
    }
    if (segment !== segment.trim()) {
      return 'a segment begins or ends with white space'
    }
  }
  return null
}

/** Accepts `videos/clip.mp4`; gives it back in Unicode normal form C. */
export const storagePath = z
  .string()
  .transform((path) => path.normalize('NFC'))
  .superRefine((path, context) => {
    const problem = pathProblem(path)
    if (problem !== null) {
      context.addIssue({
        code: 'custom',
        message: `not a storage path: ${problem}. Use one like videos/clip.mp4`,
      })
    }
  })
