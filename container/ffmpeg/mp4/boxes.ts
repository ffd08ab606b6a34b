/** Reads the structure of MP4 boxes (ISO/IEC 14496-12, 4.2). Sizes come from the file and may be wrong. */

export interface Box {
  type: string
  /** Positions from the start of the file, or of the bytes that are parsed. */
  start: number
  contentStart: number
  /** Exclusive. Can be after the end of a file that is cut off. */
  end: number
}

/** Bytes of the longest header, with a 64-bit size. */
export const MAX_HEADER_BYTES = 16
const PRINTABLE = /^[\x20-\x7e\xa9]{4}$/

/** A hostile file can have a box for every 8 bytes. No valid file has nearly as many in one box. */
const MAX_SIBLINGS = 10_000

/**
 * @param bytes contain the header, from `offset` on
 * @param start position of the header, from which the positions of the box are counted
 * @param limit end of the file or of the parent, to which a box of size 0 extends
 * @returns null when there is no valid header
 */
export function readBoxHeader(bytes: Buffer, start: number, limit: number, offset = 0): Box | null {
  const available = bytes.length - offset
  if (available < 8 || start + 8 > limit) {
    return null
  }
  const type = bytes.toString('latin1', offset + 4, offset + 8)
  const size = bytes.readUInt32BE(offset)
  const isLarge = size === 1
  if (!PRINTABLE.test(type) || (isLarge && available < MAX_HEADER_BYTES)) {
    return null
  }
  const headerBytes = isLarge ? MAX_HEADER_BYTES : 8
  const length = isLarge
    ? Number(bytes.readBigUInt64BE(offset + 8))
    : size === 0
      ? limit - start
      : size
  const end = start + length
  if (length < headerBytes || !Number.isSafeInteger(end)) {
    return null
  }
  return { type, start, contentStart: start + headerBytes, end }
}

/**
 * Returns the boxes in `bytes`, up to the first one that is invalid or does not end within them, and
 * at most 10,000.
 */
export function listBoxes(bytes: Buffer): (Box & { content: Buffer })[] {
  const boxes: (Box & { content: Buffer })[] = []
  for (let position = 0; position < bytes.length && boxes.length < MAX_SIBLINGS;) {
    const box = readBoxHeader(bytes, position, bytes.length, position)
    if (box === null || box.end > bytes.length) {
      break
    }
    boxes.push({ ...box, content: bytes.subarray(box.contentStart, box.end) })
    position = box.end
  }
  return boxes
}

/**
 * Returns the content of a nested box; null when there is none.
 *
 * @param path types of the boxes, from the outermost to the requested one. Of several boxes of a
 *   type, the first is used.
 */
export function findContent(bytes: Buffer, ...path: string[]): Buffer | null {
  let content: Buffer | null = bytes
  for (const type of path) {
    content = content && (listBoxes(content).find((box) => box.type === type)?.content ?? null)
  }
  return content
}
