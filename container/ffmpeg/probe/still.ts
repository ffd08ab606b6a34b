/**
 * Reads ffprobe's output for a still image. ffprobe prints a duration and a frame rate for it, which
 * have no meaning, and the orientation of a photo only for its decoded frame.
 */
import { JobFailure } from '../../failures.ts'
import type { FfprobeQuery } from '../process/ffprobe.ts'
import { ffmpegOptions } from '../process/options.ts'
import type { FfprobeOutput } from './ffprobeOutput.ts'
import type { Orientation } from './imageOrientation.ts'

/** Demuxers of animations. An animation of one frame counts as a still image. */
const ANIMATIONS = ['gif', 'apng']

/** Adds the orientation of the first frame to a query. */
export function queryStill(entries: string): FfprobeQuery {
  return {
    entries: `${entries}:frame_side_data=rotation`,
    selection: ffmpegOptions({ read_intervals: '%+#1' }),
  }
}

/** True for an animation that has only one frame. */
export function isStillAnimation({ format, streams }: FfprobeOutput): boolean {
  return ANIMATIONS.includes(format.format_name) && streams[0]?.nb_frames === 1
}

/** Clockwise rotation of each orientation, which may be mirrored too, in degrees. */
const ROTATIONS: Readonly<Record<Orientation, number>> = {
  1: 0,
  2: 0,
  3: 180,
  4: 180,
  5: 270,
  6: 90,
  7: 90,
  8: 270,
}

/**
 * Returns the output with an orientation that ffprobe does not print. One that it prints is applied
 * by ffmpeg itself.
 */
export function addOrientation(
  output: FfprobeOutput,
  orientation: Orientation,
): { output: FfprobeOutput; applied: Orientation } {
  const printed = output.frames.flatMap((frame) => frame.side_data_list)
  if (orientation === 1 || printed.some(({ rotation }) => rotation !== undefined)) {
    return { output, applied: 1 }
  }
  // ffprobe states the rotation counter-clockwise.
  const sideData = { rotation: -ROTATIONS[orientation] }
  const streams = output.streams.map((each) => ({
    ...each,
    side_data_list: [sideData, ...each.side_data_list],
  }))
  return { output: { ...output, streams }, applied: orientation }
}

/** Returns the output without times, and with the orientation that `queryStill` asks for. */
export function readStill({ format, streams, frames, ...rest }: FfprobeOutput): FfprobeOutput {
  const rotations = frames[0]?.side_data_list ?? []
  const still = {
    nb_frames: 1,
    avg_frame_rate: undefined,
    r_frame_rate: undefined,
    duration: undefined,
    start_time: undefined,
  }
  return {
    ...rest,
    frames,
    format: { ...format, duration: undefined, start_time: undefined },
    streams: streams.map((each) => ({
      ...each,
      ...still,
      side_data_list: [...each.side_data_list, ...rotations],
    })),
  }
}

/** @throws JobFailure `input_invalid` when no frame was decoded for `queryStill` */
export function checkStillFrame({ frames }: FfprobeOutput): void {
  if (frames.length === 0) {
    throw new JobFailure(
      'input_invalid',
      'The image cannot be decoded. It may be damaged, or its colour profile or its texts may be too large. Save it again without them, and send the new file.',
    )
  }
}
