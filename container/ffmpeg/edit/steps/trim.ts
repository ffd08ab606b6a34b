/**
 * Edit step: uses a part of a file. Checks that the part begins within the file, and that its
 * duration and its number of frames do not exceed the limits.
 */
import { JobFailure } from '../../../failures.ts'
import type { Probe } from '../../probe/probe.ts'
import { tooLong, tooManyFrames, tooSparse } from '../../process/limitErrors.ts'
import { MAX_FRAMES, MAX_SECONDS, maxSecondsOf } from '../../process/limits.ts'
import { ffmpegOptions } from '../../process/options.ts'
import type { InputFile } from '../../renderPlan.ts'
import type { SourceFile, Trim } from '../editedOutput.ts'
import { formatDecimal, formatSeconds } from '../numbers.ts'

/** Seconds that are read before a key frame, and after the end of a part. */
const READ_MARGIN_SECONDS = 2
/**
 * Copied tracks are trimmed this much earlier than requested, because timestamps are rounded: MPEG
 * streams have a clock of 90 kHz.
 */
const ROUNDING_SECONDS = 0.0005

/**
 * Returns options that go before the input.
 *
 * @param isShifted true to give the frames the times of the output, see `EditedOutput`
 */
export function trimInput(file: InputFile, trim: Trim, isShifted = false): string[] {
  const { startSeconds, durationSeconds } = trim
  const shift = ffmpegOptions({
    itsoffset: isShifted ? formatDecimal(-findStart(file, trim), 6) : null,
  })
  if (hasWrongTimes(file)) {
    // ffmpeg cannot find the start and the end of the part by times that are wrong.
    return ffmpegOptions({ copyts: isPartial(trim) })
  }
  if (isTrimmedByFilters(file, trim)) {
    const from = findSeekSecond(file, trim)
    return [
      ...shift,
      ...ffmpegOptions({
        copyts: true,
        noaccurate_seek: from > 0,
        ss: from > 0 ? formatDecimal(from) : null,
        t:
          durationSeconds === null
            ? null
            : formatDecimal(startSeconds - from + durationSeconds + READ_MARGIN_SECONDS),
      }),
    ]
  }
  return [
    ...shift,
    ...ffmpegOptions({
      ss: startSeconds > 0 ? formatDecimal(startSeconds) : null,
      t: durationSeconds === null ? null : formatDecimal(durationSeconds),
    }),
  ]
}

/** Returns true if the times of the files can be shifted when they are opened. */
export function canShiftInputs([first, ...appended]: readonly [SourceFile, ...SourceFile[]]) {
  return (
    isTrimmedByFilters(first.file, first.trim) &&
    [first, ...appended].every(({ file }) => !hasWrongTimes(file))
  )
}

/**
 * Timestamps of the frames that reach the filters: `file` are those of the file, `shifted` begin at
 * 0 with the part, and `sought` do so too, because ffmpeg trims the input. When the first file is
 * trimmed by filters, all files have the same kind of timestamps.
 */
export type FrameTimes = 'file' | 'shifted' | 'sought'

/** Returns filters that trim the video of a file in which ffmpeg does not seek exactly. */
export function trimVideo(file: InputFile, trim: Trim, times: FrameTimes): string[] {
  return buildTrimFilters(file, trim, { times, prefix: '' })
}

/** The same for audio. */
export function trimAudio(file: InputFile, trim: Trim, times: FrameTimes): string[] {
  return buildTrimFilters(file, trim, { times, prefix: 'a' })
}

/** Trims the copied tracks of a file. It is needed where ffmpeg does not seek exactly. */
export interface CopyTrim {
  /**
   * Options of the output. They trim all of its tracks, and make `startSeconds` its start. So audio
   * that filters have trimmed already must begin there.
   */
  options: string[]
  /** Where the part starts, in the timestamps of the file. */
  startSeconds: string
}

/** Returns null when ffmpeg trims the input. */
export function trimCopy(file: InputFile, trim: Trim): CopyTrim | null {
  const span = findSpan(file, trim)
  if (span === null) {
    return null
  }
  const startSeconds = formatDecimal(Number(span.start) - ROUNDING_SECONDS, 6)
  const { durationSeconds } = trim
  return {
    options: ffmpegOptions({
      ss: startSeconds,
      t: durationSeconds === null ? null : formatDecimal(durationSeconds),
    }),
    startSeconds,
  }
}

function hasWrongTimes({ probe }: InputFile): boolean {
  return [probe?.video, ...(probe?.audioTracks ?? [])].some((track) => track?.timeFault != null)
}

function buildTrimFilters(
  file: InputFile,
  trim: Trim,
  { times, prefix }: { times: FrameTimes; prefix: '' | 'a' },
): string[] {
  if (times === 'sought') {
    return []
  }
  const span = findSpan(file, trim)
  if (times === 'shifted') {
    const { durationSeconds } = trim
    const end = durationSeconds === null ? '' : `:end=${formatDecimal(durationSeconds, 6)}`
    return span === null ? [] : [`${prefix}trim=start=0${end}`]
  }
  if (span === null) {
    const start = formatDecimal(file.probe?.startSeconds ?? 0, 6)
    return start === '0' ? [] : [`${prefix}setpts=PTS-${start}/TB`]
  }
  const end = span.end === null ? '' : `:end=${span.end}`
  return [`${prefix}trim=start=${span.start}${end}`, `${prefix}setpts=PTS-${span.start}/TB`]
}

/** Returns the start of the part in the timestamps of the file. */
function findStart(file: InputFile, trim: Trim): number {
  return Number(findSpan(file, trim)?.start ?? file.probe?.startSeconds ?? 0)
}

/** Returns start and end in the timestamps of the file; null when ffmpeg trims the input. */
function findSpan(file: InputFile, trim: Trim): { start: string; end: string | null } | null {
  if (!isTrimmedByFilters(file, trim)) {
    return null
  }
  const start = (file.probe?.startSeconds ?? 0) + trim.startSeconds
  const { durationSeconds } = trim
  return {
    start: formatDecimal(start, 6),
    end: durationSeconds === null ? null : formatDecimal(start + durationSeconds, 6),
  }
}

/** True for a part of a file in which ffmpeg does not seek exactly. */
export function isTrimmedByFilters({ probe }: InputFile, trim: Trim): boolean {
  return probe !== null && !probe.seeksExactly && isPartial(trim)
}

/**
 * Returns the second to which ffmpeg seeks. If it does not seek exactly, that is some time before the
 * key frame, or the start of the file.
 */
export function findSeekSecond(file: InputFile, trim: Trim): number {
  const { keyframeSeconds } = file
  const { startSeconds } = trim
  if (!isTrimmedByFilters(file, trim)) {
    return startSeconds
  }
  if (keyframeSeconds === null) {
    return 0
  }
  const from = Math.min(keyframeSeconds ?? startSeconds, startSeconds)
  return Math.max(0, from - READ_MARGIN_SECONDS)
}

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
    throw new JobFailure(
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

/** Returns true when only a part of the file is used. */
export function isPartial({ startSeconds, durationSeconds }: Trim): boolean {
  return startSeconds > 0 || durationSeconds !== null
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
