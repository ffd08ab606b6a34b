/** Edit step: uses a part of a file. */
import type { VideoStream } from '../../probe/probe.ts'
import { ffmpegOptions } from '../../process/options.ts'
import type { InputFile } from '../../renderPlan.ts'
import type { EditedOutput, OutputRange, SourceFile, Trim } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'

/** Seconds that are read before a key frame, and after the end of a part. */
const READ_MARGIN_SECONDS = 2
/**
 * Copied tracks are trimmed this much earlier than requested, because timestamps are rounded: MPEG
 * streams have a clock of 90 kHz.
 */
const ROUNDING_SECONDS = 0.0005

/**
 * Timestamps of the frames that reach the filters. `sought` begin at 0, because ffmpeg trims the
 * input. `shifted` begin at 0 too: they are those of the file, less the start of the part, which the
 * filters trim. `file` are those of the file, from which `setpts` subtracts the start. With `setpts`,
 * ffmpeg 7.1 loses the duration of the last frame.
 */
export type FrameTimes = 'sought' | 'shifted' | 'file'

/**
 * Returns the kind of timestamps of a command, which is the same for all of its files.
 *
 * ffmpeg would correct the clock of MPEG streams, for all tracks of a file at once. So the timestamps of
 * the file are used, unless they are known to be right.
 *
 * @param output.copiesTrack ffmpeg needs the timestamps of the file to copy a part of a track
 * @param output.range a range has the timestamps that its frames have in the whole output
 */
export function selectFrameTimes(
  files: readonly [Pick<SourceFile, 'file' | 'trim'>, ...Pick<SourceFile, 'file' | 'trim'>[]],
  { copiesTrack, range }: Pick<EditedOutput, 'copiesTrack' | 'range'>,
): FrameTimes {
  if (range !== null) {
    return 'shifted'
  }
  const usesFileTimes = files.some(
    ({ file, trim }) =>
      hasWrongTimes(file) ||
      isTrimmedByFilters(file, trim) ||
      (!copiesTrack && isUnexaminedMpeg(file)),
  )
  if (!usesFileTimes) {
    return 'sought'
  }
  return copiesTrack && isPartial(files[0].trim) ? 'file' : 'shifted'
}

function isUnexaminedMpeg(file: InputFile): boolean {
  return isMpeg(file) && file.probe?.hasExaminedTimes === false
}

/** Returns options that go before the input. */
export function trimInput(file: InputFile, trim: Trim, times: FrameTimes): string[] {
  const { startSeconds, durationSeconds } = trim
  if (times === 'sought') {
    return ffmpegOptions({
      ss: startSeconds > 0 ? formatDecimal(startSeconds) : null,
      t: durationSeconds === null ? null : formatDecimal(durationSeconds),
    })
  }
  const timestamps = ffmpegOptions({
    copyts: true,
    itsoffset: times === 'shifted' ? formatDecimal(-findStart(file, trim), 6) : null,
  })
  // ffmpeg cannot find the start and the end of the part by times that are wrong.
  if (hasWrongTimes(file) || !isPartial(trim)) {
    return timestamps
  }
  const from = findSeekSecond(file, trim)
  const readSeconds =
    durationSeconds !== null && isTrimmedByFilters(file, trim)
      ? startSeconds - from + durationSeconds + READ_MARGIN_SECONDS
      : null
  return [
    ...timestamps,
    ...ffmpegOptions({
      noaccurate_seek: from > 0,
      ss: from > 0 ? formatDecimal(from) : null,
      t: readSeconds === null ? null : formatDecimal(readSeconds),
    }),
  ]
}

/**
 * Returns options that read a file for a range of the output. Frames before the second to which
 * ffmpeg seeks are decoded too, from a key frame on, because the frame that is shown at that second
 * can be one of them.
 */
export function trimRange(file: InputFile, trim: Trim, { readFromSeconds }: OutputRange): string[] {
  const isSought = readFromSeconds > 0
  return ffmpegOptions({
    copyts: true,
    itsoffset: formatDecimal(offsetTimes(file, trim), 6),
    noaccurate_seek: isSought,
    ss: isSought ? formatDecimal(readFromSeconds) : null,
  })
}

/** Units per second of the clock of MPEG streams. */
const MPEG_CLOCK = 90_000

/**
 * Returns the offset that makes the start of the part 0. In MPEG streams, ffmpeg would replace an
 * offset that is exactly the start of the file by the start of the tracks that are used, and so move
 * a track that is made by itself. So the offset differs by a microsecond, which rounds to the same unit
 * of the clock.
 */
function offsetTimes(file: InputFile, trim: Trim): number {
  const offset = -findStart(file, trim)
  if (!isMpeg(file)) {
    return offset
  }
  const toUnits = (seconds: number) => Math.round(seconds * MPEG_CLOCK)
  const later = offset + 1e-6
  return toUnits(later) === toUnits(offset) ? later : offset - 1e-6
}

/** Returns true for MPEG streams. One of their tracks alone has its exact times only with `trimRange`. */
export function isMpeg({ probe }: InputFile): boolean {
  return probe?.facts.format.startsWith('mpeg') === true
}

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
  if (!isTrimmedByFilters(file, trim)) {
    return null
  }
  const startSeconds = formatDecimal(findStart(file, trim) - ROUNDING_SECONDS, 6)
  const { durationSeconds } = trim
  return {
    options: ffmpegOptions({
      ss: startSeconds,
      t: durationSeconds === null ? null : formatDecimal(durationSeconds),
    }),
    startSeconds,
  }
}

/** True when the times of a track jump or go back, and can be repaired. */
export function hasWrongTimes({ probe }: InputFile): boolean {
  return [probe?.video, ...(probe?.audioTracks ?? [])].some((track) => track?.timeFault != null)
}

function buildTrimFilters(
  file: InputFile,
  trim: Trim,
  { times, prefix }: { times: FrameTimes; prefix: '' | 'a' },
): string[] {
  if (times === 'sought') {
    return trimLateTrack(file, trim, prefix)
  }
  const start = findStart(file, trim)
  const origin = times === 'shifted' ? 0 : start
  const { durationSeconds } = trim
  const end = durationSeconds === null ? '' : `:end=${formatDecimal(origin + durationSeconds, 6)}`
  const part = isPartial(trim) ? [`${prefix}trim=start=${formatDecimal(origin, 6)}${end}`] : []
  return times === 'shifted' || start === 0
    ? part
    : [...part, `${prefix}setpts=PTS-${formatDecimal(start, 6)}/TB`]
}

/**
 * Returns the filter that ends a track that begins late in a part: audio that begins late in its file,
 * and video, because the part may begin between two frames. ffmpeg itself measures the duration of a
 * part from the first frame of each track.
 */
function trimLateTrack({ probe }: InputFile, trim: Trim, prefix: '' | 'a'): string[] {
  const { startSeconds, durationSeconds } = trim
  const isLate =
    prefix === '' || probe?.audioTracks.some((track) => track.startSeconds > startSeconds) === true
  return isLate && durationSeconds !== null
    ? [`${prefix}trim=end=${formatDecimal(durationSeconds, 6)}`]
    : []
}

/** The peak frame rate of evenly spaced frames is at most this many times the average. */
const MAX_EVEN_RATE_FACTOR = 1.05

/** True when the frames of a video are not evenly spaced. */
export function hasVaryingRate(video: VideoStream | null): boolean {
  return (video?.peakFrameRate ?? 0) > (video?.frameRate ?? Infinity) * MAX_EVEN_RATE_FACTOR
}

/** Returns the start of the part in the timestamps of the file. */
function findStart({ probe }: InputFile, { startSeconds }: Trim): number {
  return (probe?.startSeconds ?? 0) + startSeconds
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

/** Returns true when only a part of the file is used. */
export function isPartial({ startSeconds, durationSeconds }: Trim): boolean {
  return startSeconds > 0 || durationSeconds !== null
}
