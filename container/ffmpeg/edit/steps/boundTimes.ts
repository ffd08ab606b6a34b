/**
 * Edit step: frames whose time is outside of the file follow the frame before them.
 *
 * One wrong timestamp, hours later than the others, would make hours of repeated frames or of
 * silence, and all frames after it would be dropped because their times are earlier.
 */
import type { Trim } from '../editedOutput.ts'
import { formatDecimal } from '../numbers.ts'
import type { AudioStream, VideoStream } from '../../probe/probe.ts'
import { DEFAULT_FRAME_RATE } from './frameRate.ts'

/** Time after the declared end in which a frame keeps its time, as a share of the rest at least. */
const MIN_MARGIN_SECONDS = 2
const MARGIN_SHARE = 0.05
/** Frames before the start are those between the key frame and the start of a part. */
const MAX_SECONDS_BEFORE = 600

export function boundVideoTimes({ endSeconds, frameRate }: VideoStream, trim: Trim): string[] {
  const next = `PREV_OUTPTS+${formatDecimal(1 / (frameRate ?? DEFAULT_FRAME_RATE), 6)}/TB`
  return bound('setpts', endSeconds, trim, next)
}

export function boundAudioTimes({ endSeconds }: AudioStream, trim: Trim): string[] {
  return bound('asetpts', endSeconds, trim, 'PREV_OUTPTS+NB_SAMPLES/SR/TB')
}

function bound(filter: string, endSeconds: number | null, trim: Trim, next: string): string[] {
  if (endSeconds === null) {
    return []
  }
  const rest = Math.max(0, endSeconds - trim.startSeconds)
  const max = formatDecimal(rest + Math.max(MIN_MARGIN_SECONDS, rest * MARGIN_SHARE))
  const isOutside = `gt(T,${max})+lt(T,-${MAX_SECONDS_BEFORE})`
  return [`${filter}='if(${isOutside},if(isnan(PREV_OUTPTS),0,${next}),PTS)'`]
}
