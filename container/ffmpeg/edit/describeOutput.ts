/** Computes the output of the edits: frame size, duration, frame rate, and whether it has audio. */
import type { TrackSeconds } from '../expectedDurations.ts'
import { NAME_DEFAULTS } from '../../../src/contract/defaults.ts'
import { resolveGeometry } from '../probe/videoSource.ts'
import type { InputFile, PlanContext } from '../renderPlan.ts'
import type { EditedOutput, FrameFormat, OutputRange, SourceFile, Trim } from './editedOutput.ts'
import type { Edits, RequestedEdits } from './edits.ts'
import { listSourceFiles } from './sourceFiles.ts'
import { checkFrameCount } from './checkFrameCount.ts'
import { planFileStarts } from './joinedFiles.ts'
import { checkFades } from './steps/fades.ts'
import { resolveFrameRate } from './steps/frameRate.ts'
import { rotateSizes } from './steps/orientation.ts'
import { hasVaryingRate } from './steps/trim.ts'

export interface OutputRequest {
  /** Format of the frames; null for audio only. */
  frame: FrameFormat | null
  /** True to include audio. The output then has audio if any file has. */
  audio: boolean
  /** Replaces the rendition's start and end; the caller has checked it. */
  trim?: Trim
  /** See `EditedOutput`. */
  copiesTrack?: boolean
  /** See `EditedOutput`. */
  range?: OutputRange
}

/**
 * @throws JobFailure `unsupported` when a file lacks what the edits need, or when a file or the
 *   output exceeds a limit
 */
export function describeOutput(
  rendition: RequestedEdits,
  context: PlanContext,
  request: OutputRequest,
): EditedOutput {
  const edits: Edits = { ...NAME_DEFAULTS.fields, ...rendition }
  const { frame, trim } = request
  const files = listSourceFiles(edits, context, { needsVideo: frame !== null, trim })
  const [{ video }] = files
  const geometry =
    frame !== null && video !== null
      ? resolveGeometry(rotateSizes(video, edits.rotate), { ...edits, ...frame })
      : null
  const hasAudio = request.audio && files.some(({ audio }) => audio !== null)
  const rate = describeFrameRate(files, edits)
  const { constantFrameRate } = rate
  const fileStarts =
    frame === null || constantFrameRate === null
      ? null
      : planFileStarts(files, { rate: constantFrameRate, speed: edits.speed })
  const lastStart = fileStarts === null ? null : fileStarts.at(-1)! / constantFrameRate!
  const trackSeconds = sumTracks(files, { speed: edits.speed, lastStart })
  const used = { trackSeconds, hasVideo: frame !== null, hasAudio }
  const seconds = resolveDuration(files, edits.speed, used)
  checkFades(edits, seconds)
  if (frame !== null && constantFrameRate !== null) {
    checkFrameCount({ seconds, files, edits }, constantFrameRate)
  }
  return {
    edits,
    files,
    fileStarts,
    frame,
    geometry,
    size: geometry?.output ?? null,
    hasAudio,
    seconds,
    trackSeconds,
    videoStartSeconds: findVideoStart(files, edits.speed),
    durationIsKnown: files.every(({ file }) => hasKnownDuration(file)),
    ...rate,
    copiesTrack: request.copiesTrack ?? false,
    range: request.range ?? null,
  }
}

/**
 * Returns null without video, for a file whose times are repaired or known only in part, and for a
 * part of a video whose frame rate varies: it may begin between two frames that are far apart.
 */
function findVideoStart(
  [{ video, trim, file }]: readonly [SourceFile, ...SourceFile[]],
  speed: number,
) {
  if (video === null || video.timeFault !== null || video.hasWrongTimes) {
    return null
  }
  const mayBeLate = trim.startSeconds > 0 && hasVaryingRate(video)
  const isUncertain = file.probe?.isFragmented === true || mayBeLate
  return isUncertain ? null : Math.max(0, video.startSeconds - trim.startSeconds) / speed
}

function hasKnownDuration({ probe }: InputFile): boolean {
  return probe !== null && (probe.durationIsDeclared || probe.durationIsMeasured)
}

/**
 * Returns the duration of the output: that of its longest track if the durations of its tracks are
 * known, otherwise that of the files.
 */
function resolveDuration(
  files: readonly SourceFile[],
  speed: number,
  { trackSeconds, hasVideo, hasAudio }: TracksOfOutput,
): number | null {
  const { video, audio } = trackSeconds
  const used = [...(hasVideo ? [video] : []), ...(hasAudio ? [audio] : [])]
  const known = used.filter((seconds) => seconds !== null)
  if (known.length > 0 && known.length === used.length) {
    return Math.max(...known)
  }
  const content = sum(files.map(({ seconds }) => seconds))
  return content === null ? null : content / speed
}

interface TracksOfOutput {
  trackSeconds: TrackSeconds
  hasVideo: boolean
  hasAudio: boolean
}

/**
 * Adds up the durations of each track. In each file but the last, both tracks count as long as the
 * file, because joining fills the rest of the shorter one.
 *
 * @param options.lastStart where the last file begins in the output; null if it is not planned
 */
function sumTracks(
  files: readonly SourceFile[],
  { speed, lastStart }: { speed: number; lastStart: number | null },
): TrackSeconds {
  const last = files.at(-1)
  const before = sum(files.slice(0, -1).map(({ seconds }) => seconds))
  const start = lastStart ?? (before === null ? null : before / speed)
  const total = (seconds: number | null | undefined) =>
    start === null || seconds == null ? null : start + seconds / speed
  return {
    video: total(last?.trackSeconds.video),
    // A joined file without audio gets silence.
    audio: total(
      last?.audio === null && files.length > 1 ? last.seconds : last?.trackSeconds.audio,
    ),
  }
}

function sum(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (total, value) => (total === null || value === null ? null : total + value),
    0,
  )
}

/**
 * Demuxers of animated images. Their last frame can have a long duration, which the output keeps
 * only if a constant frame rate repeats the frame.
 */
const ANIMATIONS = ['gif', 'apng']
const MAX_ANIMATION_FRAME_RATE = 50

/**
 * Returns the frame rate to convert an animated image to, and a video whose frames are moved from
 * their decoding times; null for other files. In AVI the rate is constant anyway, and without it the
 * last frame has no duration from ffmpeg 7.1 on.
 */
function findConstantRate({ file, video }: SourceFile, speed: number): number | null {
  const rate = video?.peakFrameRate ?? video?.frameRate ?? null
  const format = file.probe?.facts.format ?? ''
  if (format === 'avi' && video?.decodeDelaySeconds) {
    return rate && rate * speed
  }
  return ANIMATIONS.includes(format) && rate !== null
    ? Math.min(MAX_ANIMATION_FRAME_RATE, rate * Math.max(1, speed))
    : null
}

function describeFrameRate(
  files: readonly [SourceFile, ...SourceFile[]],
  { frameRate: requested, speed }: Edits,
): Pick<EditedOutput, 'frameRate' | 'constantFrameRate'> {
  const source = files[0].video?.frameRate ?? null
  const isJoined = files.length > 1
  const constantFrameRate = resolveFrameRate({
    requested: requested ?? findConstantRate(files[0], speed),
    source,
    speed,
    isJoined,
  })
  return {
    constantFrameRate,
    frameRate: constantFrameRate ?? (source === null ? null : source * speed),
  }
}
