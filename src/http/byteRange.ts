/** Reads the header `Range`. */
import type { ByteRange } from '../storage/objectStore.ts'

/** The names of range units are case-insensitive. */
const SINGLE_RANGE = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/i

/**
 * Returns the range that a header requests, cut to the size of the object, or 'unsatisfiable' if it
 * selects no byte of the object. Returns null for the whole object: if there is no header, or it is
 * not a single valid range of bytes, for example because its end is before its start. RFC 9110
 * allows a server to ignore `Range`.
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
  if (last !== '' && Number(last) < offset) {
    return null
  }
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  return offset >= end ? 'unsatisfiable' : { offset, length: end - offset }
}
