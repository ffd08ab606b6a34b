/**
 * Edit step: gives each joined file the frames that are planned for it, so that the next one begins at its
 * planned frame. Its last frame is repeated, or its end is cut off, by what rounding and the end of the
 * longer track need. A file that ends early is not filled up: the output is then too short, and rejected.
 */
import { formatDecimal } from '../numbers.ts'
import type { UsedFile } from '../joinedFiles.ts'
import { JOINED_SAMPLE_RATE } from './audioLayout.ts'
import { frameRateFilter } from './frameRate.ts'

/** A track may have this much less than its planned duration. */
const TOLERANCE = { frames: 2, seconds: 0.2 }

interface Options {
  /** Constant frame rate of the output. */
  rate: number
  speed: number
}

/**
 * Makes the frame rate constant, so that a frame is a unit of time. An appended file whose video begins
 * late shows its first frame until then.
 *
 * @param options.isReadFromStart false for a file of which only a later part is read
 */
export function fillFrames(
  { place, frames, trackSeconds }: UsedFile,
  { rate, speed, isReadFromStart }: Options & { isReadFromStart: boolean },
): string[] {
  const start = place > 0 && isReadFromStart ? ':start_time=0' : ''
  const grid = `${frameRateFilter(rate)}${start}`
  if (frames === null || frames.count === null) {
    return [grid]
  }
  const own = Math.floor(((trackSeconds.video ?? 0) / speed) * rate)
  const missing = Math.max(0, frames.count - own) + TOLERANCE.frames
  return [grid, `tpad=stop=${missing}:stop_mode=clone`, `trim=end_pts=${frames.count}`]
}

/** Gives the audio of a file the duration of its frames, to the sample. */
export function fillAudio({ frames, trackSeconds }: UsedFile, { rate, speed }: Options): string[] {
  if (frames === null || frames.count === null) {
    return []
  }
  const toSample = (frame: number) => Math.round((frame / rate) * JOINED_SAMPLE_RATE)
  const samples = toSample(frames.first + frames.count) - toSample(frames.first)
  const missing = samples / JOINED_SAMPLE_RATE - (trackSeconds.audio ?? 0) / speed
  const pad = Math.max(0, missing) + TOLERANCE.seconds
  return [`apad=pad_dur=${formatDecimal(pad)}`, `atrim=end_sample=${samples}`]
}

/** Leaves out the frames that are not used. The next one then has the time 0, as `concat` needs it. */
export function skipFrames({ frames }: UsedFile): string[] {
  const skipped = frames?.skipped ?? 0
  return skipped === 0 ? [] : [`trim=start_pts=${skipped}`, `setpts=PTS-${skipped}`]
}

/** Moves frames to their times in the output, of which `first` is the number of the one at time 0. */
export function moveToOutput(first: number, rate: number): string[] {
  // `setpts` loses the duration of the last frame, which `fps` sets.
  return first === 0 ? [] : [`setpts=PTS+${first}`, frameRateFilter(rate)]
}
