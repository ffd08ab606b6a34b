/**
 * Moves the starts of chunks to shortly after key frames of the source. A chunk is decoded from the key
 * frame before it, so up to a whole group of pictures would be decoded for nothing.
 */
import type { EditedOutput } from '../edit/editedOutput.ts'
import { findFileAt } from '../edit/joinedFiles.ts'
import type { InputFile } from '../renderPlan.ts'
import { findReadStart, measureLead } from './lead.ts'

/** A start moves by at most this share of the chunk that becomes shorter. */
const MAX_SHIFT = 1 / 4
/** Times are rounded, so a frame more is read than necessary. */
const MARGIN_FRAMES = 1

/** Where to search for a key frame: where a chunk would be read if it began as late as it may. */
export interface KeyframeSearch {
  file: InputFile
  /** Place of the file among those that are joined; 0 for the source. */
  place: number
  seconds: number
}

export interface VideoStarts {
  /** First frame of each chunk. */
  starts: readonly number[]
  /** Number of frames. */
  total: number
  /** Frames per second. */
  rate: number
}

/** Returns a search for each chunk but the first. */
export function listKeyframeSearches(output: EditedOutput, video: VideoStarts): KeyframeSearch[] {
  return video.starts.slice(1).map((_, index) => {
    const seconds = toSeconds(findLatestStart(video, index + 1), video)
    const { file, place } = findFileAt(output, seconds)
    return { file, place, seconds: findReadStart(seconds, output) }
  })
}

/**
 * @param keyframes seconds of the file: for each chunk but the first, the key frame that its search
 *   found, or null; a list of another length leaves all starts as they are
 */
export function alignStarts(
  output: EditedOutput,
  video: VideoStarts,
  keyframes: readonly (number | null)[],
): number[] {
  const { starts, rate } = video
  if (keyframes.length !== starts.length - 1) {
    return [...starts]
  }
  return starts.map((start, index) => {
    const keyframe = keyframes[index - 1] ?? null
    if (keyframe === null) {
      return start
    }
    const latest = findLatestStart(video, index)
    const file = findFileAt(output, toSeconds(latest, video))
    const lead = measureLead(file) + MARGIN_FRAMES / (file.video?.frameRate ?? rate)
    const played = (keyframe + lead - file.trim.startSeconds) / output.edits.speed
    const aligned = Math.ceil((file.startsAt + played) * rate + 0.5)
    const earliest = start - (start - starts[index - 1]!) * MAX_SHIFT
    return aligned >= earliest && aligned <= latest + 2 * MARGIN_FRAMES ? aligned : start
  })
}

/** Returns the latest frame at which a chunk may begin. */
function findLatestStart({ starts, total }: VideoStarts, index: number): number {
  const start = starts[index]!
  return start + ((starts[index + 1] ?? total) - start) * MAX_SHIFT
}

/** A chunk begins half a frame before its first frame. */
function toSeconds(frame: number, { rate }: VideoStarts): number {
  return (frame - 0.5) / rate
}
