/** From where the source of a chunk is read. */
import type { EditedOutput, SourceFile } from '../edit/editedOutput.ts'
import { findFileAt } from '../edit/joinedFiles.ts'

/**
 * Frames that are read before a chunk. Filters need up to three: `yadif` one on either side, and `fps` the
 * frame that is shown when the chunk begins.
 */
const LEAD_FRAMES = 12
/** Where frames are unevenly spaced, the one that is shown can be further away. */
const UNEVEN_LEAD_SECONDS = 1
/** A file that declares its rate as an average states 29.97 as 29.99, for example. */
const MAX_RATE_DIFFERENCE = 0.005
/** Assumed for a file without a frame rate. */
const UNKNOWN_RATE = 5

/** Returns the seconds of a file that are read before a chunk. */
export function measureLead({ video }: SourceFile): number {
  const rate = video?.frameRate ?? UNKNOWN_RATE
  const isEven = Math.abs((video?.peakFrameRate ?? Infinity) / rate - 1) <= MAX_RATE_DIFFERENCE
  return Math.max(isEven ? 0 : UNEVEN_LEAD_SECONDS, LEAD_FRAMES / rate)
}

/** Returns the second from which the first file of a chunk that begins at `startSeconds` is read. */
export function findReadStart(startSeconds: number, output: EditedOutput): number {
  const file = findFileAt(output, startSeconds)
  const played = (startSeconds - file.startsAt) * output.edits.speed
  return played <= 0 ? 0 : Math.max(0, file.trim.startSeconds + played - measureLead(file))
}
