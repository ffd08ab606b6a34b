/** From where the source of a chunk is read. */
import type { EditedOutput, SourceFile } from '../edit/editedOutput.ts'
import { findFileAt } from '../edit/joinedFiles.ts'

/**
 * Time that is read before a chunk. Filters need up to three frames: `yadif` one on either side, and
 * `fps` the frame that is shown when the chunk begins.
 */
const LEAD = { seconds: 1, frames: 12 }

/** Returns the seconds of a file that are read before a chunk. */
export function measureLead({ video }: SourceFile): number {
  return Math.max(LEAD.seconds, LEAD.frames / (video?.frameRate ?? 5))
}

/** Returns the second from which the first file of a chunk that begins at `startSeconds` is read. */
export function findReadStart(startSeconds: number, output: EditedOutput): number {
  const file = findFileAt(output, startSeconds)
  const played = (startSeconds - file.startsAt) * output.edits.speed
  return played <= 0 ? 0 : Math.max(0, file.trim.startSeconds + played - measureLead(file))
}
