/**
 * Reads frame size, number of frames and duration of an animated WebP, which ffprobe cannot read.
 * Format: developers.google.com/speed/webp/docs/riff_container.
 */
import { open, type FileHandle } from 'node:fs/promises'

export interface AnimatedWebp {
  width: number
  height: number
  frames: number
  seconds: number
}

const HEADER_BYTES = 30
const CHUNK_HEADER_BYTES = 8
const FRAME_HEADER_BYTES = 16

/** @returns null when the file is not an animated WebP, or is truncated */
export async function readAnimatedWebp(path: string): Promise<AnimatedWebp | null> {
  await using file = await open(path)
  const header = await readBytes(file, HEADER_BYTES, 0)
  if (header === null || header.toString('latin1', 8, 16) !== 'WEBPVP8X') {
    return null
  }
  const fileEnd = header.readUInt32LE(4) + 8
  let frames = 0
  let milliseconds = 0
  for (let position = HEADER_BYTES; position < fileEnd;) {
    const chunk = await readBytes(file, CHUNK_HEADER_BYTES, position)
    if (chunk === null) {
      return null
    }
    const chunkBytes = chunk.readUInt32LE(4)
    if (chunk.toString('latin1', 0, 4) === 'ANMF') {
      const frame = await readBytes(file, FRAME_HEADER_BYTES, position + CHUNK_HEADER_BYTES)
      if (frame === null) {
        return null
      }
      frames += 1
      milliseconds += frame.readUIntLE(12, 3)
    }
    // Chunks are padded to an even size.
    position += CHUNK_HEADER_BYTES + chunkBytes + (chunkBytes % 2)
  }
  if (frames === 0) {
    return null
  }
  return {
    width: header.readUIntLE(24, 3) + 1,
    height: header.readUIntLE(27, 3) + 1,
    frames,
    seconds: milliseconds / 1_000,
  }
}

async function readBytes(
  file: FileHandle,
  length: number,
  position: number,
): Promise<Buffer | null> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return bytesRead === length ? buffer : null
}
