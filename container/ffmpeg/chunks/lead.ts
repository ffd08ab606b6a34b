/** From where the source of a chunk is read. */
import type { EditedOutput } from '../edit/editedOutput.ts'

/**
 * Time that is read before a chunk. Filters need up to three frames: `yadif` one on either side, and
 * `fps` the frame that is shown when the chunk begins.
 */
const LEAD = { seconds: 1, frames: 12 }

/** Returns the seconds of the source that are read before a chunk. */
export function measureLead({ files: [{ video }] }: EditedOutput): number {
  return Math.max(LEAD.seconds, LEAD.frames / (video?.frameRate ?? 5))
}

/** Returns the second of the source from which a chunk that begins at `startSeconds` is read. */
export function findReadStart(startSeconds: number, output: EditedOutput): number {
  const { trim } = output.files[0]
  return Math.max(0, trim.startSeconds + startSeconds * output.edits.speed - measureLead(output))
}
