/**
 * Reads what an animated WebP says of itself, since ffprobe cannot: its demuxer knows single pictures
 * only. The format: developers.google.com/speed/webp/docs/riff_container.
 */
import { open } from 'node:fs/promises'

export interface AnimatedWebp {
  width: number
  height: number
  frames: number
  seconds: number
}

const HEADER_BYTES = 30

/** @returns null when the file is no animated WebP, or ends early */
export async function readAnimatedWebp(path: string): Promise<AnimatedWebp | null> {
  const file = await open(path)
  try {
    const read = async (length: number, position: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
      return bytesRead === length ? buffer : null
    }
    const head = await read(HEADER_BYTES, 0)
    if (head === null || head.toString('latin1', 8, 16) !== 'WEBPVP8X') {
      return null
    }
    const end = head.readUInt32LE(4) + 8
    const found = {
      width: head.readUIntLE(24, 3) + 1,
      height: head.readUIntLE(27, 3) + 1,
      frames: 0,
      seconds: 0,
    }
    let milliseconds = 0
    for (let at = HEADER_BYTES; at < end;) {
      const chunk = await read(8, at)
      if (chunk === null) {
        return null
      }
      const length = chunk.readUInt32LE(4)
      if (chunk.toString('latin1', 0, 4) === 'ANMF') {
        const frame = await read(16, at + 8)
        if (frame === null) {
          return null
        }
        found.frames += 1
        milliseconds += frame.readUIntLE(12, 3)
      }
      at += 8 + length + (length % 2)
    }
    return found.frames === 0 ? null : { ...found, seconds: milliseconds / 1_000 }
  } finally {
    await file.close()
  }
}
