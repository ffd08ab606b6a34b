/**
 * Reads what `ffmpeg -progress` writes. Owns the parsing; what progress means is the caller's. Its
 * `fps` and `speed` are left: they are averages since the start, and say nothing about now.
 */

export interface Progress {
  /** How much of the output is written, in seconds of its own time. Never goes back. */
  outSeconds: number
  frames: number
  /** How large the output is by now. */
  bytes: number
}

/**
 * A reader for `key=value` lines that come in chunks cut anywhere. `out_time_us` may be `N/A` or
 * negative before the first packet; both count as nothing.
 *
 * @returns a function that takes the next chunk and gives the state after it
 */
export function createProgressReader(): (chunk: string) => Progress {
  let rest = ''
  let outSeconds = 0
  let frames = 0
  let bytes = 0
  return (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [key, value] = line.split('=', 2)
      const number = Number(value)
      if (!Number.isFinite(number)) {
        continue
      }
      if (key === 'out_time_us') {
        outSeconds = Math.max(outSeconds, number / 1e6)
      }
      if (key === 'frame') {
        frames = Math.max(frames, number)
      }
      if (key === 'total_size') {
        bytes = Math.max(bytes, number)
      }
    }
    return { outSeconds, frames, bytes }
  }
}
