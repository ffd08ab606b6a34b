/** Finds the index of an MP4 file, the content of the box `moov`, which can be before or after the frames. */
import type { ReadBytes } from '../readBytes.ts'
import { type Box, MAX_HEADER_BYTES, readBoxHeader } from './boxes.ts'

/** Boxes that are looked at. A file has a few, of which most are before or after the frames. */
const MAX_BOXES = 64

/** @returns null when the file has no valid index, or one that is longer than `maxBytes` */
export async function readMovieIndex(
  sizeBytes: number,
  read: ReadBytes,
  maxBytes: number,
): Promise<Buffer | null> {
  for await (const box of listTopBoxes(sizeBytes, read)) {
    if (box?.type === 'moov') {
      const isReadable = box.end - box.contentStart <= maxBytes
      return isReadable ? read(box.contentStart, box.end) : null
    }
  }
  return null
}

/**
 * Lists the outermost boxes of a file. A last one of null is for a box that is not valid or not within the file, or
 * for more boxes than are looked at.
 */
export async function* listTopBoxes(
  sizeBytes: number,
  read: ReadBytes,
): AsyncGenerator<Box | null> {
  let position = 0
  for (let boxes = 0; boxes < MAX_BOXES && position < sizeBytes; boxes++) {
    const header = await read(position, Math.min(sizeBytes, position + MAX_HEADER_BYTES))
    const box = readBoxHeader(header, position, sizeBytes)
    if (box === null || box.end > sizeBytes) {
      yield null
      return
    }
    yield box
    position = box.end
  }
  if (position < sizeBytes) {
    yield null
  }
}
