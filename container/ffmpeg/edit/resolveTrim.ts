/**
 * Finds the part of a file that a request selects. Checks that it begins within the file, and that
 * its duration and its number of frames do not exceed the limits.
 */
import { JobFailure, OutsideOfFile } from '../../failures.ts'
import type { Probe } from '../probe/probe.ts'
import { tooLong, tooManyFrames, tooSparse } from '../process/limitErrors.ts'
import { MAX_FRAMES, MAX_SECONDS, maxSecondsOf } from '../process/limits.ts'
import type { Trim } from './editedOutput.ts'
import { formatSeconds } from './numbers.ts'

/**
 * A part of a file. `seconds` is its duration; null when it extends to the end of a file of unknown
 * duration.
 */
export type ResolvedTrim = Trim & { seconds: number | null }

/**
 * @throws JobFailure `unsupported` when the start is not within the file, the end is not after the
 *   start, or the part exceeds a limit
 */
export function resolveTrim(
  range: { startSeconds: number; endSeconds: number | null },
  probe: Probe,
): ResolvedTrim {
  const { startSeconds, endSeconds } = range
  const fileSeconds = probe.contentSeconds
  if (fileSeconds !== null && startSeconds > 0 && startSeconds >= fileSeconds) {
    throw new OutsideOfFile(
      'unsupported',
      `The file is ${formatSeconds(fileSeconds)} seconds long, so the part cannot start at second ${startSeconds}.`,
    )
  }
  if (endSeconds !== null && endSeconds <= startSeconds) {
    throw new JobFailure(
      'unsupported',
      `The end (second ${endSeconds}) must be after the start (second ${startSeconds}).`,
    )
  }
  const reachesEnd = endSeconds === null || (fileSeconds !== null && endSeconds >= fileSeconds)
  const durationSeconds = reachesEnd ? null : endSeconds - startSeconds
  const resolved = withDuration({ startSeconds, durationSeconds }, probe)
  checkDuration(resolved.seconds, probe)
  return resolved
}

/** Adds the duration of a part. Does not check limits. */
export function withDuration(trim: Trim, { contentSeconds }: Probe): ResolvedTrim {
  const rest = contentSeconds === null ? null : Math.max(0, contentSeconds - trim.startSeconds)
  return { ...trim, seconds: trim.durationSeconds ?? rest }
}

function checkDuration(seconds: number | null, { video, facts }: Probe): void {
  const frames = (seconds ?? 0) * (video?.frameRate ?? 0)
  if (seconds !== null && seconds > MAX_SECONDS) {
    throw tooLong(seconds)
  }
  if (seconds !== null && seconds > maxSecondsOf(facts.sizeBytes)) {
    throw tooSparse(seconds, facts.sizeBytes)
  }
  if (frames > MAX_FRAMES) {
    throw tooManyFrames(frames)
  }
}
