/** Which part of the source is taken, and whether that is there and not too much. */
import { JobFailure } from '../../failures.ts'
import { MAX_FRAMES, MAX_SECONDS } from '../process/limits.ts'
import type { Probe } from '../probe/probe.ts'
import { tooLong, tooManyFrames } from '../process/limitErrors.ts'

export interface Cut {
  startSeconds: number
  /** How much to take from there; null for all of it. */
  lengthSeconds: number | null
  /** How much that is; null when the source does not say how long it is. */
  seconds: number | null
}

/** @throws JobFailure `unsupported` when the source ends before, or what is taken is too much */
export function cutOf(
  range: { startSeconds: number; endSeconds: number | null },
  probe: Probe,
): Cut {
  const { startSeconds, endSeconds } = range
  const whole = probe.contentSeconds
  if (whole !== null && startSeconds > 0 && startSeconds >= whole) {
    throw new JobFailure(
      'unsupported',
      `The video is ${round(whole)} seconds long, so it cannot start at second ${startSeconds}.`,
    )
  }
  if (endSeconds !== null && endSeconds <= startSeconds) {
    throw new JobFailure(
      'unsupported',
      `The end (second ${endSeconds}) must be after the start (second ${startSeconds}).`,
    )
  }
  const toTheEnd = endSeconds === null || (whole !== null && endSeconds >= whole)
  const lengthSeconds = toTheEnd ? null : endSeconds - startSeconds
  const seconds = lengthSeconds ?? (whole === null ? null : Math.max(0, whole - startSeconds))
  const frames = (seconds ?? 0) * (probe.video?.frameRate ?? 0)
  if (seconds !== null && seconds > MAX_SECONDS) {
    throw tooLong(seconds)
  }
  if (frames > MAX_FRAMES) {
    throw tooManyFrames(frames)
  }
  return { startSeconds, lengthSeconds, seconds }
}

/** Seconds for people to read. */
export function round(seconds: number): string {
  return String(Math.round(seconds * 100) / 100)
}
