/**
 * Parses the output of `ffmpeg -progress`. `fps` and `speed` are ignored: ffmpeg averages them
 * since the start, and `attempt/rateMeter.ts` measures the current ones.
 */

export interface Progress {
  /** Position in the output in seconds. Never decreases. */
  outSeconds: number
  frames: number
  /** Size of the output so far. */
  bytes: number
}

/** Half of what ffmpeg 7.1 computes from an unknown time. */
const UNKNOWN_TIME = 2 ** 62

/**
 * Parses lines of the form `key=value`, in chunks that may end anywhere. While the time is unknown,
 * `out_time_us` may be `N/A`, negative or, with `copyts` in ffmpeg 7.1, near 2 ** 63. These values are
 * ignored.
 *
 * @returns a function that takes the next chunk and returns the progress after it
 */
export function createProgressReader(): (chunk: string) => Progress {
  let incompleteLine = ''
  let outSeconds = 0
  let frames = 0
  let bytes = 0
  return (chunk) => {
    const lines = (incompleteLine + chunk).split('\n')
    incompleteLine = lines.pop() ?? ''
    for (const line of lines) {
      const [key, value] = line.split('=', 2)
      const number = Number(value)
      if (!Number.isFinite(number)) {
        continue
      }
      if (key === 'out_time_us' && number < UNKNOWN_TIME) {
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
