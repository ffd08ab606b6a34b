/**
 * Reads the orientation that the EXIF data of a PNG or WebP image declares. ffmpeg itself applies
 * only that of a JPEG. Formats: w3.org/TR/png-3 and developers.google.com/speed/webp.
 */
import { findFileType } from '../../../src/contract/fileTypes.ts'
import type { ReadBytes } from '../readBytes.ts'

/** A number of EXIF: 1 is upright, 2 to 8 are turned or mirrored. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

interface ChunkFormat {
  /** Position of the first chunk. */
  start: number
  /** Name of the chunk with EXIF data. */
  exif: string
  /** Position of the name in the header of a chunk, and of the 32 bits of its length. */
  name: number
  length: number
  isLittleEndian: boolean
  /** Bytes from the start of a chunk to that of the next one. */
  measure: (length: number) => number
}

const HEADER_BYTES = 8
const FORMATS: Readonly<Record<string, ChunkFormat>> = {
  png: {
    start: 8,
    exif: 'eXIf',
    name: 4,
    length: 0,
    isLittleEndian: false,
    measure: (length) => HEADER_BYTES + length + 4,
  },
  webp: {
    start: 12,
    exif: 'EXIF',
    name: 0,
    length: 4,
    isLittleEndian: true,
    measure: (length) => HEADER_BYTES + length + (length % 2),
  },
}

/** Chunks of pixels are skipped, but small ones are read together with the headers around them. */
const WINDOW_BYTES = 64 * 1024
/** Later EXIF data is ignored. PNG chunks of pixels usually have 8 KiB. */
const MAX_WINDOWS = 1_024
/** The orientation is among the first entries. */
const MAX_EXIF_BYTES = 4_096

/** Returns 1 for a file of another type, and for one without a valid orientation. */
export async function readImageOrientation(path: string, read: ReadBytes): Promise<Orientation> {
  const format = FORMATS[findFileType(path)?.family ?? '']
  if (format === undefined) {
    return 1
  }
  const exif = await findExif(format, read)
  return exif === null ? 1 : parseOrientation(await read(exif.start, exif.end))
}

async function findExif(format: ChunkFormat, read: ReadBytes) {
  let position = format.start
  for (let windows = 0; windows < MAX_WINDOWS; windows += 1) {
    const bytes = await read(position, position + WINDOW_BYTES)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let offset = 0
    while (offset + HEADER_BYTES <= bytes.length) {
      const length = view.getUint32(offset + format.length, format.isLittleEndian)
      const name = readText(bytes.subarray(offset + format.name), 4)
      if (name === format.exif) {
        const start = position + offset + HEADER_BYTES
        return { start, end: start + Math.min(length, MAX_EXIF_BYTES) }
      }
      offset += format.measure(length)
    }
    if (bytes.length < WINDOW_BYTES) {
      return null
    }
    position += offset
  }
  return null
}

/** WebP files of some programs repeat the prefix that EXIF data has in a JPEG. */
const JPEG_PREFIX = 'Exif\0\0'
const ORIENTATION_TAG = 0x0112
const SHORT = 3
const ENTRY_BYTES = 12

/** @param bytes EXIF data, which has the form of a TIFF file */
export function parseOrientation(bytes: Uint8Array): Orientation {
  const hasPrefix = readText(bytes, JPEG_PREFIX.length) === JPEG_PREFIX
  const tiff = bytes.subarray(hasPrefix ? JPEG_PREFIX.length : 0)
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  const order = readText(tiff, 2)
  if (tiff.length < HEADER_BYTES || (order !== 'II' && order !== 'MM')) {
    return 1
  }
  const isLittleEndian = order === 'II'
  const directory = view.getUint32(4, isLittleEndian)
  if (directory + 2 > tiff.length) {
    return 1
  }
  const entries = view.getUint16(directory, isLittleEndian)
  for (let index = 0; index < entries; index += 1) {
    const entry = directory + 2 + index * ENTRY_BYTES
    if (entry + ENTRY_BYTES > tiff.length) {
      return 1
    }
    if (view.getUint16(entry, isLittleEndian) === ORIENTATION_TAG) {
      const isShort = view.getUint16(entry + 2, isLittleEndian) === SHORT
      return isShort ? toOrientation(view.getUint16(entry + 8, isLittleEndian)) : 1
    }
  }
  return 1
}

function toOrientation(value: number): Orientation {
  return value >= 1 && value <= 8 ? (value as Orientation) : 1
}

function readText(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length))
}
