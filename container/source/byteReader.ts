/** Reads ranges of a source for the runner itself. ffmpeg reads it from `loopbackServer.ts`. */
import type { ReadBytes } from '../ffmpeg/readBytes.ts'
import type { ReadBlock } from './blockCache.ts'

/** @param signal aborted when the source is closed */
export function createByteReader(
  sizeBytes: number,
  startReader: () => ReadBlock,
  signal: AbortSignal,
): ReadBytes {
  return async (start, end) => {
    const readBlock = startReader()
    const limit = Math.min(end, sizeBytes)
    const pieces: Buffer[] = []
    for (let position = start; position < limit;) {
      for (const piece of await readBlock(position, signal)) {
        const bytes = piece.subarray(0, limit - position)
        pieces.push(bytes)
        position += bytes.length
      }
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
  }
}
