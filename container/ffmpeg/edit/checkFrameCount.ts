/** Limits the number of frames that are made of a source in proportion to those that it has. */
import { tooManyRepeats } from '../process/limitErrors.ts'
import type { EditedOutput } from './editedOutput.ts'

/** Frames that any source may become, and frames that each of its frames may become. */
export const MAX_FREE_FRAMES = 250_000
export const MAX_FRAMES_PER_FRAME = 10

/**
 * @param frameRate constant frame rate of the output
 * @throws JobFailure `unsupported` when most frames would be repeats
 */
export function checkFrameCount(
  { seconds, files, edits }: Pick<EditedOutput, 'seconds' | 'files' | 'edits'>,
  frameRate: number,
): void {
  const sourceFrames = files.reduce((sum, { video, seconds: length }) => {
    const estimate = (video?.frameRate ?? 0) * (length ?? 0)
    return sum + Math.max(video?.frames ?? 0, estimate)
  }, 0)
  const frames = (seconds ?? 0) * frameRate
  const max = MAX_FREE_FRAMES + MAX_FRAMES_PER_FRAME * Math.ceil(sourceFrames / edits.speed)
  if (frames > max) {
    throw tooManyRepeats({ frames, sourceFrames, max })
  }
}
