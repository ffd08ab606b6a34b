/** Reads bytes of an input file from the runner's own server. */
import type { ReadBytes as ReadRange } from '../ffmpeg/mp4/boxes.ts'
import type { ReadBytes } from '../ffmpeg/probe/imageOrientation.ts'

export function createSourceReader(url: string, signal: AbortSignal): ReadBytes {
  return async (position, length) => {
    if (length === 0) {
      return new Uint8Array()
    }
    const headers = { range: `bytes=${position}-${position + length - 1}` }
    const response = await fetch(url, { headers, signal })
    // A position after the end of the file has the status 416.
    const bytes = await response.arrayBuffer()
    return response.ok ? new Uint8Array(bytes) : new Uint8Array()
  }
}

/** The same, by the end of a range. */
export function createRangeReader(url: string, signal: AbortSignal): ReadRange {
  const read = createSourceReader(url, signal)
  return async (start, end) => {
    const { buffer, byteOffset, byteLength } = await read(start, end - start)
    return Buffer.from(buffer, byteOffset, byteLength)
  }
}
