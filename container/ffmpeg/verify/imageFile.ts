/**
 * Reads an image that ffmpeg has written: its format, its frame size, and whether all of it is there.
 * This takes a millisecond, and a start of ffprobe as much processor time as making a small image.
 */
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { imageSize } from 'image-size'
import type { Size } from '../geometry.ts'

/** Larger images are left to ffprobe, because they are read as a whole. */
export const MAX_IMAGE_BYTES = 32 * 1024 ** 2

export interface ImageFile extends Size {
  /** Format and codec by ffprobe's names. */
  format: string
  videoCodec: string
}

interface ImageFormat {
  format: string
  videoCodec: string
  isWhole: (bytes: Buffer) => boolean
}

/** By the names of `image-size`. */
const FORMATS: Readonly<Record<string, ImageFormat>> = {
  jpg: { format: 'jpeg_pipe', videoCodec: 'mjpeg', isWhole: isWholeJpeg },
  png: { format: 'png_pipe', videoCodec: 'png', isWhole: isWholePng },
  webp: { format: 'webp_pipe', videoCodec: 'webp', isWhole: isWholeWebp },
}

/** Returns null for a file that is no such image, is damaged, or is cut off. */
export async function readImageFile(path: string): Promise<ImageFile | null> {
  const bytes = await readFile(path)
  const size = readSize(bytes)
  const found = FORMATS[size?.type ?? '']
  if (size === null || found === undefined || !found.isWhole(bytes)) {
    return null
  }
  const { format, videoCodec } = found
  return { format, videoCodec, width: size.width, height: size.height }
}

function readSize(bytes: Buffer) {
  try {
    return imageSize(bytes)
  } catch {
    // The library throws for a file of another format, and for one without a size.
    return null
  }
}

/** The encoder writes the end marker last. Within the pixels, its first byte is always escaped. */
function isWholeJpeg(bytes: Buffer): boolean {
  return bytes.readUInt16BE(bytes.length - 2) === 0xffd9
}

const PNG_SIGNATURE_BYTES = 8
/** Length, name and checksum. */
const PNG_CHUNK_BYTES = 12

/** Each chunk has a checksum, and the last one is `IEND`. */
function isWholePng(bytes: Buffer): boolean {
  let position = PNG_SIGNATURE_BYTES
  while (position + PNG_CHUNK_BYTES <= bytes.length) {
    const end = position + PNG_CHUNK_BYTES + bytes.readUInt32BE(position)
    if (end > bytes.length) {
      return false
    }
    const named = bytes.subarray(position + 4, end - 4)
    if (crc32(named) !== bytes.readUInt32BE(end - 4)) {
      return false
    }
    if (named.toString('latin1', 0, 4) === 'IEND') {
      return end === bytes.length
    }
    position = end
  }
  return false
}

const RIFF_HEADER_BYTES = 8

/** The header states the size of the file. */
function isWholeWebp(bytes: Buffer): boolean {
  return bytes.readUInt32LE(4) + RIFF_HEADER_BYTES === bytes.length
}
