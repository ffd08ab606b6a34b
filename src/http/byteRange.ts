/** Reads the header `Range`. */
import type { ByteRange } from '../storage/objectStore.ts'

const SINGLE_RANGE = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/

/**
 * The range that a header asks for, limited to the object's bytes. Null: serve the whole object, as
 * RFC 9110 allows for anything but a single range of bytes.
 */
export function parseRange(
  header: string | null | undefined,
  sizeBytes: number,
): ByteRange | 'unsatisfiable' | null {
  const [matched, first, last, suffix] = SINGLE_RANGE.exec(header ?? '') ?? []
  if (matched === undefined) {
    return null
  }
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), sizeBytes)
    return length === 0 ? 'unsatisfiable' : { offset: sizeBytes - length, length }
  }
  const offset = Number(first)
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  return offset >= end ? 'unsatisfiable' : { offset, length: end - offset }
}
