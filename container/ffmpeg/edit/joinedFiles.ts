/**
 * The files that are joined. Each begins at a planned frame of the output if their ends are known
 * exactly, so that a range of the output can be made of the files that it shows alone.
 */
import type { EditedOutput, SourceFile } from './editedOutput.ts'
import { hasWrongTimes } from './steps/trim.ts'

/** A file of which a command makes frames or audio. */
export interface UsedFile extends SourceFile {
  /** Its place among the files of the output; 0 for the source. */
  place: number
  /** Its frames in the output; null when they are not planned. */
  frames: PlannedFrames | null
}

interface PlannedFrames {
  /** Number of its first frame in the output. */
  first: number
  /** Null for those up to the end of the last file. */
  count: number | null
  /** The first ones that are not used, because the range begins later. */
  skipped: number
}

/** `concat` knows the duration of a frame only by the next one. */
const MIN_FRAMES = 2

/**
 * Frames per second. A file is cut off or extended by up to half a frame, which is heard if frames are
 * longer.
 */
export const MIN_PLANNED_RATE = 10

/**
 * Returns the frame at which each file begins; null if they are not planned.
 *
 * @param rate constant frame rate of the output
 */
export function planFileStarts(
  files: readonly SourceFile[],
  { rate, speed }: { rate: number; speed: number },
): number[] | null {
  const joined = files.slice(0, -1)
  if (joined.length === 0 || rate < MIN_PLANNED_RATE || !joined.every(hasExactEnd)) {
    return null
  }
  const starts = [0]
  for (const { seconds, trackSeconds: tracks } of joined) {
    const longest = Math.max(seconds ?? 0, tracks.video ?? 0, tracks.audio ?? 0)
    starts.push(starts.at(-1)! + Math.max(MIN_FRAMES, Math.round((longest / speed) * rate)))
  }
  return starts
}

/**
 * Other formats than MP4 declare a duration that their frames may not have. A wrong one would repeat the
 * last frame, or leave out the end.
 */
function hasExactEnd({ file, trim, seconds, trackSeconds }: SourceFile): boolean {
  const { probe } = file
  if (probe === null || seconds === null || trackSeconds.video === null || hasWrongTimes(file)) {
    return false
  }
  const hasIndex = probe.facts.format.startsWith('mov') && !probe.isFragmented
  return hasIndex || probe.durationIsMeasured || trim.durationSeconds !== null
}

/** Returns all files of the output, or those that its range shows. */
export function listUsedFiles(
  output: Pick<EditedOutput, 'files' | 'fileStarts' | 'range' | 'constantFrameRate'>,
): [UsedFile, ...UsedFile[]] {
  const { files, fileStarts, range } = output
  if (fileStarts === null) {
    const [first, ...later] = files.map((file, place) => ({ ...file, place, frames: null }))
    return [first!, ...later]
  }
  // The first file that is used is the one that the range begins in.
  const start = range === null ? 0 : toFrame(output, range.startSeconds)
  const end = range?.endSeconds == null ? Infinity : toFrame(output, range.endSeconds)
  const used = files.flatMap((file, place): UsedFile[] => {
    const first = fileStarts[place]!
    const next = fileStarts[place + 1]
    const count = next === undefined ? null : next - first
    const skipped = Math.max(0, Math.min(start - first, (count ?? Infinity) - MIN_FRAMES))
    const isUsed = start < (next ?? Infinity) && first < end
    return isUsed ? [{ ...file, place, frames: { first, count, skipped } }] : []
  })
  const [first, ...later] = used
  return [first!, ...later]
}

/** Returns the file that the output shows at this second, and where the file begins in the output. */
export function findFileAt(
  output: Pick<EditedOutput, 'files' | 'fileStarts' | 'constantFrameRate'>,
  seconds: number,
): SourceFile & { place: number; startsAt: number } {
  const { files, fileStarts, constantFrameRate } = output
  const place = fileStarts?.findLastIndex((start) => start <= toFrame(output, seconds)) ?? 0
  return {
    ...files[place]!,
    place,
    startsAt: (fileStarts?.[place] ?? 0) / (constantFrameRate ?? 1),
  }
}

/** Returns the first frame of a range that begins at 0, or half a frame before a frame. */
function toFrame({ constantFrameRate }: Pick<EditedOutput, 'constantFrameRate'>, seconds: number) {
  return Math.ceil(seconds * (constantFrameRate ?? 1))
}
