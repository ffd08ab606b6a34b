/** Checks the durations of an output and of its tracks. */
import { DurationFailure, JobFailure } from '../../failures.ts'
import {
  endsEarly,
  hasDecoderComplaint,
  hasDemuxerComplaint,
  hasInputError,
} from '../process/classifyFailure.ts'
import type { Expectation } from '../renderPlan.ts'

/** Ends of the tracks in seconds; null for a track that is absent, or whose end is unknown. */
export interface TrackEnds {
  video: number | null
  audio: number | null
}

/** Starts of the tracks in seconds; null for a track that is absent. */
export interface TrackStarts {
  video: number | null
  audio: number | null
}

/** A difference between the starts, or the ends, of video and audio that users notice. */
const MIN_NOTED_SECONDS = 1

/** Returns a note for an output of which one track begins well after the start. */
export function compareStarts({ video, audio }: TrackStarts): string[] {
  const starts = { video: video ?? 0, audio: audio ?? 0 }
  return (['video', 'audio'] as const)
    .filter((track) => starts[track] >= MIN_NOTED_SECONDS)
    .map((track) => `The ${track} begins at second ${starts[track].toFixed(1)} of the variant.`)
}

/** Maximum delay of a track, in seconds and in frames: some encoders and filters add one. */
const MAX_DELAY = { seconds: 0.5, frames: 2 }

/**
 * @throws JobFailure `output_invalid` for a track that begins later than planned, unless the decoder
 *   complained: a recording that begins between two key frames has no frame before the next one
 */
export function checkStart(
  track: 'video' | 'audio',
  actual: number | null,
  {
    expected,
    frameRate,
    stderr,
  }: { expected: number | null; frameRate: number | null; stderr: string },
): void {
  const frames = frameRate === null || frameRate <= 0 ? 0 : MAX_DELAY.frames / frameRate
  if (
    actual !== null &&
    expected !== null &&
    actual > expected + Math.max(MAX_DELAY.seconds, frames) &&
    !hasInputError(stderr) &&
    !hasDecoderComplaint(stderr)
  ) {
    throw new JobFailure(
      'output_invalid',
      `The ${track} of the output begins at second ${actual.toFixed(1)} instead of ${expected.toFixed(1)}.`,
    )
  }
}

/** Returns a note for an output of which one track ends well before the other. */
export function compareEnds({ video, audio }: TrackEnds): string[] {
  if (video === null || audio === null) {
    return []
  }
  const difference = Math.abs(video - audio)
  if (difference < Math.max(MIN_NOTED_SECONDS, durationTolerance(Math.max(video, audio)))) {
    return []
  }
  return video < audio
    ? [`The video ends at second ${video.toFixed(1)}, before the audio (${audio.toFixed(1)}).`]
    : [`The audio ends at second ${audio.toFixed(1)}, before the video (${video.toFixed(1)}).`]
}

/**
 * Returns a note for each track that ends well before the estimated end. The estimate can be wrong, so
 * that this is no failure.
 */
export function compareWithEstimate(ends: TrackEnds, estimated: TrackEnds | undefined): string[] {
  return (['video', 'audio'] as const).flatMap((track) => {
    const [end, expected] = [ends[track], estimated?.[track] ?? null]
    const isEarly =
      end !== null &&
      expected !== null &&
      end < expected - MIN_NOTED_SECONDS &&
      isShorter(end, expected)
    return isEarly
      ? [
          `The ${track} ends at second ${end.toFixed(1)}. By an estimate of the source's duration it should end at second ${expected.toFixed(1)}.`,
        ]
      : []
  })
}

/**
 * Returns the larger of 0.5 seconds (for codec delay and rounding) and 2 % of the duration (for
 * clock drift).
 */
export function durationTolerance(seconds: number): number {
  return Math.max(0.5, seconds * 0.02)
}

export function isShorter(actual: number, expected: number): boolean {
  return actual < expected - durationTolerance(expected)
}

/**
 * @param what the output, or a track of it, as the subject of a sentence
 * @param actual its duration in seconds
 * @throws JobFailure for a wrong duration: `input_invalid` when the source is probably the cause,
 *   otherwise `output_invalid`
 */
export function checkDuration(
  what: string,
  actual: number,
  {
    expect,
    stderr,
  }: { expect: Pick<Expectation, 'seconds' | 'hasRequestedEnd' | 'mayBeLonger'>; stderr: string },
): void {
  const { seconds: expected, hasRequestedEnd, mayBeLonger } = expect
  if (expected === null) {
    return
  }
  const tolerance = durationTolerance(expected)
  const difference = `${actual.toFixed(1)} seconds instead of ${expected.toFixed(1)}`
  const wrongDuration = () =>
    new DurationFailure('output_invalid', `The duration of the ${what} is ${difference}.`)
  if (isShorter(actual, expected)) {
    throw hasInputError(stderr) || endsEarly(stderr) || hasDemuxerComplaint(stderr)
      ? new DurationFailure(
          'input_invalid',
          `The file ends early: the duration of the ${what} is ${difference}.`,
        )
      : wrongDuration()
  }
  if (mayBeLonger !== true && actual > expected + tolerance) {
    throw hasRequestedEnd
      ? wrongDuration()
      : new DurationFailure(
          'input_invalid',
          `The file is longer than it declares: the duration of the ${what} is ${difference}.`,
        )
  }
}
