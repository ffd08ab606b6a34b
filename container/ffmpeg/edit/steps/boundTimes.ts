/**
 * Edit step: frames whose time is outside of the file do not keep it.
 *
 * One wrong timestamp, hours later than the others, would make hours of repeated frames or of
 * silence, and all frames after it would be dropped because their times are earlier.
 *
 * Times that jump or go back within the file are repaired, if the right ones are known.
 *
 * Audio packets with a wrong time follow the packet before them. So do video frames, if the file is
 * known to have wrong times. In other files such a frame is dropped instead: in ffmpeg 7.1 `setpts`
 * loses the frame rate, and with it the duration of the last frame, and `select` does not.
 */
import type { Trim } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'
import type { AudioStream, VideoStream } from '../../probe/probe.ts'
import { findMaxPause, MAX_EVEN_STEP_SECONDS, type TimeFault } from '../../probe/timeFaults.ts'
import type { InputFile } from '../../renderPlan.ts'
import { REPORT_WRONG_TIME } from '../../process/wrongTime.ts'
import { DEFAULT_FRAME_RATE } from './frameRate.ts'

/**
 * A frame keeps its time up to this long after the declared end: two seconds, or a share of the
 * time from the start to the end if that is longer.
 */
const MIN_MARGIN_SECONDS = 2
const MARGIN_SHARE = 0.05
/**
 * A frame keeps its time up to this long before the start, since a part is read from the key frame
 * before it.
 */
const MAX_SECONDS_BEFORE = 600

/**
 * Orders the filters: a part is selected by its times, so a `timeFault` is repaired before that.
 */
export function orderTimeFilters(
  { timeFault }: Pick<AudioStream, 'timeFault'>,
  { trim, boundTimes }: { trim: readonly string[]; boundTimes: readonly string[] },
): string[] {
  return timeFault === null ? [...trim, ...boundTimes] : [...boundTimes, ...trim]
}

/** Returns the filter that moves frames from their decoding times to the times of the file. */
export function removeDecodeDelay({ decodeDelaySeconds }: VideoStream): string[] {
  return decodeDelaySeconds ? [`setpts=PTS-${formatDecimal(decodeDelaySeconds, 6)}/TB`] : []
}

/** Limits for the times of a file, before they are examined. */
interface UnexaminedTimes {
  /** A longer step forward may be a jump. */
  maxPauseSeconds: number
  /** Declared duration of the file; null when unknown. */
  contentSeconds: number | null
}

/** Returns null when the times of the file were examined. */
export function describeUnexamined({ probe }: InputFile): UnexaminedTimes | null {
  return probe === null || probe.hasExaminedTimes || probe.isStill
    ? null
    : { maxPauseSeconds: findMaxPause(probe), contentSeconds: probe.contentSeconds }
}

export function boundVideoTimes(
  video: VideoStream,
  trim: Trim,
  unexamined: UnexaminedTimes | null,
): string[] {
  const { frameRate, hasWrongTimes, timeFault } = video
  if (timeFault !== null) {
    return [repairTimes('setpts', timeFault, formatDecimal(timeFault.frameSeconds, 6))]
  }
  const endSeconds = video.endSeconds ?? unexamined?.contentSeconds ?? null
  const outside = endSeconds === null ? '0' : isOutside('t', endSeconds, trim)
  if (unexamined !== null) {
    const jump = isJump('t', 'prev_t', unexamined)
    return [`select='if(${outside}+${jump},${REPORT_WRONG_TIME},1)'`]
  }
  if (endSeconds === null) {
    return []
  }
  if (!hasWrongTimes) {
    return [`select='not(${outside})'`]
  }
  const next = `PREV_OUTPTS+${formatDecimal(1 / (frameRate ?? DEFAULT_FRAME_RATE), 6)}/TB`
  return [followPrevious('setpts', isOutside('T', endSeconds, trim), next)]
}

/** A first frame that is later than this comes after a change in mid-stream. */
const MAX_START_SECONDS = 0.1

/**
 * Filters for audio whose frames follow each other without gaps. When the sample rate changes,
 * ffmpeg 5.1 computes the time of one frame with the wrong rate. That frame is dropped if the graph
 * was built anew for it, and otherwise follows the frame before it.
 */
const CONTINUE_TIMES = [
  `aselect='not(eq(n,0)*gt(t,${MAX_START_SECONDS}))'`,
  `asetpts='if(lt(STARTT,${MAX_START_SECONDS}),0,STARTPTS)+N/SR/TB'`,
]

export function boundAudioTimes(
  audio: AudioStream,
  trim: Trim,
  unexamined: UnexaminedTimes | null,
): string[] {
  if (audio.timeFault !== null) {
    return [repairTimes('asetpts', audio.timeFault, 'NB_SAMPLES/SR')]
  }
  if (!audio.hasStoredTimes) {
    return CONTINUE_TIMES
  }
  const endSeconds = audio.endSeconds ?? unexamined?.contentSeconds ?? null
  const outside = endSeconds === null ? '0' : isOutside('T', endSeconds, trim)
  const next = 'PREV_OUTPTS+NB_SAMPLES/SR/TB'
  if (unexamined !== null) {
    const wrong = `${outside}+${isJump('T', 'PREV_INT', unexamined)}`
    return [followPrevious('asetpts', wrong, `${next}+${REPORT_WRONG_TIME}`)]
  }
  return endSeconds === null ? [] : [followPrevious('asetpts', outside, next)]
}

/** Returns the expression for a time that goes back, or jumps by more than a pause. */
function isJump(time: string, previous: string, { maxPauseSeconds }: UnexaminedTimes): string {
  const step = `${time}-${previous}`
  return `lt(${step},-${MAX_EVEN_STEP_SECONDS})+gt(${step},${maxPauseSeconds})`
}

/**
 * Returns the filter that repairs times. A frame with a wrong time is moved to the end of the frame
 * before it. The frames after it are moved by as much (variable 0) until their own times are right.
 *
 * @param frame duration of a frame in seconds
 */
function repairTimes(filter: string, { maxStepSeconds }: TimeFault, frame: string): string {
  const next = `st(1,if(isnan(PREV_OUTT),T,PREV_OUTT+${frame}))`
  // Unless frames are evenly spaced, one that is earlier than expected overlaps the one before it.
  const earliest = maxStepSeconds === MAX_EVEN_STEP_SECONDS ? maxStepSeconds : `${frame}/2`
  const isRight = (time: string) =>
    `between(${time},ld(1)-${earliest},ld(1)+${formatDecimal(maxStepSeconds)})`
  // A video frame that is not later than the one before it would be dropped.
  const minShift = filter === 'setpts' ? `max(0,ld(1)-0.75*${frame}-T)` : '0'
  const shift = `if(${isRight('T')},${minShift},if(${isRight('T+ld(0)')},ld(0),ld(1)-T))`
  return `${filter}='${next};st(0,${shift});PTS+ld(0)/TB'`
}

/**
 * Returns the expression for a time outside of the file.
 *
 * @param time the filter's name for the time of a frame, in seconds
 */
function isOutside(time: string, endSeconds: number, trim: Trim): string {
  const rest = Math.max(0, endSeconds - trim.startSeconds)
  const max = formatDecimal(rest + Math.max(MIN_MARGIN_SECONDS, rest * MARGIN_SHARE))
  return `gt(${time},${max})+lt(${time},-${MAX_SECONDS_BEFORE})`
}

function followPrevious(filter: string, outside: string, next: string): string {
  return `${filter}='if(${outside},if(isnan(PREV_OUTPTS),0,${next}),PTS)'`
}
