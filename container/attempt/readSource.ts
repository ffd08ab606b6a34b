/** Reads bytes of an input file from the runner's own server. */
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
