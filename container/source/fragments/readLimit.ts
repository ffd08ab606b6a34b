/**
 * Limits what is read to make an index. Sizes and positions come from the file, which can be made so
 * that the same bytes are read again and again, or that a header is found at every position.
 */
import { setImmediate } from 'node:timers/promises'
import type { ReadBytes } from '../../ffmpeg/readBytes.ts'

export class ReadLimitExceeded extends Error {
  override name = 'ReadLimitExceeded'
}

/** A read counts as this many bytes more, because short ones take time too. */
const READ_OVERHEAD_BYTES = 512
/**
 * Bytes after which other work of the runner gets a turn. Cached bytes are read without waiting for
 * anything.
 */
const PAUSE_BYTES = 4 * 1024 ** 2

/** @returns a function that reads, and throws ReadLimitExceeded after `maxBytes` bytes in all */
export function limitReads(read: ReadBytes, maxBytes: number): ReadBytes {
  let total = 0
  let nextPause = PAUSE_BYTES
  return async (start, end) => {
    total += end - start + READ_OVERHEAD_BYTES
    if (total > maxBytes) {
      throw new ReadLimitExceeded(`more than ${maxBytes} bytes would be read for an index`)
    }
    if (total > nextPause) {
      nextPause = total + PAUSE_BYTES
      await setImmediate()
    }
    return read(start, end)
  }
}

/** Returns null if the limit is exceeded. */
export async function orNull<Result>(reading: Promise<Result>): Promise<Result | null> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof ReadLimitExceeded) {
      return null
    }
    throw error
  }
}
