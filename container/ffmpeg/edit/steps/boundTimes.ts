/**
 * Edit step: frames whose time is outside of the file do not keep it.
 *
 * One wrong timestamp, hours later than the others, would make hours of repeated frames or of
 * silence, and all frames after it would be dropped because their times are earlier.
 *
 * Audio packets with a wrong time follow the packet before them. So do video frames, if the file is
 * known to have wrong times. In other files such a frame is dropped instead: in ffmpeg 7.1 `setpts`
 * loses the frame rate, and with it the duration of the last frame, and `select` does not.
 */
import type { Trim } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'
import type { AudioStream, VideoStream } from '../../probe/probe.ts'
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

export function boundVideoTimes(video: VideoStream, trim: Trim): string[] {
  const { endSeconds, frameRate, hasWrongTimes } = video
  if (endSeconds === null) {
    return []
  }
  if (!hasWrongTimes) {
    return [`select='not(${isOutside('t', endSeconds, trim)})'`]
  }
  const next = `PREV_OUTPTS+${formatDecimal(1 / (frameRate ?? DEFAULT_FRAME_RATE), 6)}/TB`
  return [followPrevious('setpts', isOutside('T', endSeconds, trim), next)]
}

export function boundAudioTimes({ endSeconds }: AudioStream, trim: Trim): string[] {
  return endSeconds === null
    ? []
    : [followPrevious('asetpts', isOutside('T', endSeconds, trim), 'PREV_OUTPTS+NB_SAMPLES/SR/TB')]
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
