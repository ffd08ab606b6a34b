/**
 * Storage paths: the rules for the paths of originals. A path is also the R2 key of its original.
 * Paths that R2 or a file system could interpret in another way are rejected.
 */
import { z } from 'zod'
import { describeCharacter, quote } from './quote.ts'

/** R2 limits keys to 1,024 bytes, and most file systems limit names to 255 bytes. */
const MAX_PATH_BYTES = 1_024
const MAX_SEGMENT_BYTES = 255
/** C0 and C1 controls, DEL, line and paragraph separators, text direction marks, backslashes. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\\]/
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * Counts bytes in UTF-8. The contract is compiled without the types of a runtime, so `TextEncoder`
 * is not available.
 */
function countUtf8Bytes(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0)!
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}

/** Returns the reason why a path in normal form C is not valid; null if it is valid. */
function findPathProblem(path: string): string | null {
  if (path === '') {
    return 'the path is empty'
  }
  const surrogate = path.search(LONE_SURROGATE)
  if (surrogate !== -1) {
    return `it is not valid Unicode: it contains half of a surrogate pair, ${describeCharacter(path, surrogate)}`
  }
  if (countUtf8Bytes(path) > MAX_PATH_BYTES) {
    return `it is longer than ${MAX_PATH_BYTES} bytes`
  }
  const forbidden = path.search(FORBIDDEN)
  if (forbidden !== -1) {
    return `it contains ${describeCharacter(path, forbidden)}, but a backslash, a control character, a line separator or a text direction mark is not allowed`
  }
  for (const segment of path.split('/')) {
    if (segment === '') {
      return 'it has an empty segment (a slash at the start or the end, or two slashes in a row)'
    }
    if (segment === '.' || segment === '..') {
      return `the segment "${segment}" is not allowed`
    }
    if (countUtf8Bytes(segment) > MAX_SEGMENT_BYTES) {
      return `a segment is longer than ${MAX_SEGMENT_BYTES} bytes (${quote(segment)})`
    }
    if (segment !== segment.trim()) {
      return `the segment ${quote(segment)} begins or ends with white space`
    }
  }
  return null
}

/**
 * Parameters of the validation issue of an invalid storage path. They make the code of the response
 * `invalid_path`.
 */
export const PATH_ISSUE = { errorCode: 'invalid_path' } as const

/** Accepts paths such as `videos/clip.mp4`, and returns them in Unicode normal form C. */
export const storagePath = z
  .string()
  .transform((path) => path.normalize('NFC'))
  .superRefine((path, context) => {
    const problem = findPathProblem(path)
    if (problem !== null) {
      context.addIssue({
        code: 'custom',
        params: PATH_ISSUE,
        message: `Not a storage path: ${problem}. Use one like videos/clip.mp4.`,
      })
    }
  })
