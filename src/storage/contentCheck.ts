/**
 * Checks that the content of a file matches its name, by its leading bytes. Subtitles are checked as
 * a whole.
 */
import { fileTypeFromBuffer } from 'file-type'
import { shorten } from '../contract/quote.ts'
import {
  EXTENSIONS,
  findFamily,
  findFileType,
  MAX_SUBTITLES_BYTES,
  readExtension,
} from '../contract/fileTypes.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'

/** file-type reads this many leading bytes by default. */
const SNIFF_BYTES = 4_100

/** Returns the number of leading bytes that the check of a file with this path needs. */
export function countCheckedBytes(path: string): number {
  return isSubtitles(path) ? MAX_SUBTITLES_BYTES : SNIFF_BYTES
}

function isSubtitles(path: string): boolean {
  return findFileType(path)?.role === 'subtitles'
}

/**
 * Returns an error if a file of this size is too large for its path, else null.
 *
 * @param partNumber the part of an upload that has this size; 1 for a whole file
 */
export function findSizeError(
  path: string,
  sizeBytes: number,
  partNumber = 1,
): ErrorResult<'too_large'> | null {
  if (!isSubtitles(path) || (partNumber === 1 && sizeBytes <= MAX_SUBTITLES_BYTES)) {
    return null
  }
  const got = partNumber === 1 ? `${sizeBytes} bytes` : `part ${partNumber}`
  return errorResult(
    'too_large',
    `Subtitles may have at most ${MAX_SUBTITLES_BYTES} bytes, and are uploaded whole or as one part (got ${got}).`,
  )
}

const TIME = String.raw`(\d+:)?\d{1,2}:\d{2}[,.]\d{1,3}`
/** Start of a subtitles file, by extension. */
const SUBTITLES: Record<string, { start: RegExp; description: string }> = {
  vtt: { start: /^WEBVTT(?=[ \t\r\n]|$)/, description: 'with the line WEBVTT' },
  srt: {
    start: new RegExp(String.raw`^\s*(\d+[ \t]*\r?\n)?[ \t]*${TIME}[ \t]*-->`),
    description: 'with the number of a cue or its time (00:00:01,000 --> 00:00:02,000)',
  },
}

function findSubtitleMismatch(extension: string, content: Uint8Array): string | null {
  const { start, description } = SUBTITLES[extension]!
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(content)
  } catch {
    return 'The subtitles are not UTF-8 text. Save them as UTF-8.'
  }
  if (text.includes('\0')) {
    return 'The subtitles contain a NUL character, as UTF-16 text does. Save them as UTF-8.'
  }
  return start.test(text) ? null : `The content is not .${extension}: it must begin ${description}.`
}

/**
 * Returns an error if the extension of a path is not that of a file that can be stored, else null.
 * The name of every file that is stored or processed is checked with it, including that of a file
 * that another program has put into the bucket.
 */
export function findNameError(path: string): ErrorResult<'content_mismatch'> | null {
  return readExtension(path) === null
    ? errorResult(
        'content_mismatch',
        `The name ${shorten(path)} must end in one of .${EXTENSIONS.join(', .')}.`,
      )
    : null
}

/**
 * Returns an error message if the content of a file does not match the extension of its path, else
 * null.
 *
 * @param leading the first `countCheckedBytes(path)` bytes, or more, or the whole file
 */
export async function findContentMismatch(
  path: string,
  leading: Uint8Array,
): Promise<string | null> {
  const nameError = findNameError(path)
  if (nameError) {
    return nameError.message
  }
  const extension = readExtension(path)!
  if (leading.length === 0) {
    return 'The file is empty.'
  }
  const found = await fileTypeFromBuffer(leading)
  // Subtitles are checked even if file-type recognizes them, because it reads only the first line.
  if (extension in SUBTITLES && (!found || findFamily(found.ext) === findFamily(extension))) {
    return findSubtitleMismatch(extension, leading)
  }
  if (!found) {
    return `The content is not a known media type (expected .${extension}).`
  }
  if (findFamily(found.ext) === findFamily(extension)) {
    return null
  }
  return `The content is ${found.mime}, which does not match the name ${shorten(path)}.`
}
