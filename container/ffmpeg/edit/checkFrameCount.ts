/** Limits the number of frames that are made of a source in proportion to those that it has. */
import { tooManyRepeats } from '../process/limitErrors.ts'
import type { EditedOutput } from './editedOutput.ts'

/** Number of output frames that are allowed for every source. */
export const MAX_FREE_FRAMES = 250_000
/** Number of output frames that are allowed in addition for each frame of the source. */
export const MAX_FRAMES_PER_FRAME = 10

/**
 * @param frameRate constant frame rate of the output
 * @throws JobFailure `unsupported` when the output would have more frames than these limits allow
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
