/**
 * Failures for media that exceeds a limit. Users read the messages: each names the limit, and says
 * what to do.
 */
import { JobFailure } from '../../failures.ts'
import type { Size } from '../geometry.ts'
import {
  IMAGE,
  maxSecondsOf,
  MAX_FRAMES,
  MAX_PIXELS,
  MAX_SECONDS,
  MAX_STREAMS,
  MIN_BYTES_PER_SECOND,
  PROBE,
} from './limits.ts'

const PIXEL_LIMIT = `at most ${formatNumber(MAX_PIXELS)} pixels (8192 by 8192) are allowed`
const SAVE_AGAIN = 'Save it again with a video editor, and send the new file.'

/** Returns true for a frame with more pixels than are allowed. */
export function isTooLarge({ width, height }: Size): boolean {
  return width * height > MAX_PIXELS
}

export function frameTooLarge({ width, height }: Size): JobFailure {
  return new JobFailure(
    'unsupported',
    `The frame size is ${width} by ${height}; ${PIXEL_LIMIT}. Send a smaller video or image.`,
  )
}

export function variantTooLarge({ width, height }: Size): JobFailure {
  return new JobFailure(
    'unsupported',
    `The variant would be ${width} by ${height}; ${PIXEL_LIMIT}. Set both w and h, or request a smaller size.`,
  )
}

export function tooLong(seconds: number): JobFailure {
  const hours = formatNumber(Math.ceil(seconds / 360) / 10)
  return new JobFailure(
    'unsupported',
    `The duration is ${hours} hours; at most ${MAX_SECONDS / 3_600} are allowed. Request a shorter part. If the file declares a wrong duration, save it again with a video editor.`,
  )
}

export function tooManyFrames(frames: number): JobFailure {
  return new JobFailure(
    'unsupported',
    `The file or the variant has at least ${formatNumber(Math.round(frames))} frames; at most ${formatNumber(MAX_FRAMES)} are allowed. Send a shorter file, or request a shorter part or a lower frame rate (fps). If the file declares a wrong number of frames, save it again with a video editor.`,
  )
}

export function tooManyRepeats(count: {
  frames: number
  sourceFrames: number
  max: number
}): JobFailure {
  const [frames, sourceFrames, max] = [count.frames, count.sourceFrames, count.max].map((each) =>
    formatNumber(Math.round(each)),
  )
  return new JobFailure(
    'unsupported',
    `The variant would have ${frames} frames, and the source has ${sourceFrames}; at most ${max} are allowed. Request a lower frame rate (fps) or a shorter part.`,
  )
}

export function tooSparse(seconds: number, sizeBytes: number): JobFailure {
  const max = maxSecondsOf(sizeBytes)
  return new JobFailure(
    'unsupported',
    `The file has ${formatNumber(sizeBytes)} bytes for ${formatNumber(Math.round(seconds))} seconds; at most ${formatNumber(max)} seconds are allowed for this size (an hour, and a second for every ${MIN_BYTES_PER_SECOND} bytes). Request a shorter part. If the timestamps are wrong, save it again with a video editor.`,
  )
}

export function tooManyStreams(): JobFailure {
  return new JobFailure(
    'unsupported',
    `The file has more than ${MAX_STREAMS} streams. Send it with fewer streams.`,
  )
}

export function indexTooLarge(): JobFailure {
  return new JobFailure(
    'input_invalid',
    `Reading the file's streams took more than ${PROBE.memoryBytes / 1024 ** 3} GiB of memory. ${SAVE_AGAIN}`,
  )
}

export function probeTooSlow(): JobFailure {
  return new JobFailure(
    'timeout',
    `Reading the file's streams took more than ${PROBE.cpuSeconds} seconds of CPU time. ${SAVE_AGAIN}`,
  )
}

export function probeReadsTooMuch(): JobFailure {
  return new JobFailure(
    'input_invalid',
    `Reading the file's streams takes more than ${PROBE.readBytes / 1024 ** 2} MiB of the file. ${SAVE_AGAIN}`,
  )
}

/** The message continues a sentence that begins with the name of the image. */
export function imageTooCostly(): JobFailure {
  return new JobFailure(
    'input_invalid',
    `decoding the image took more than ${IMAGE.memoryBytes / 1024 ** 2} MiB of memory or ${IMAGE.cpuSeconds} seconds of CPU time. Save it again without its colour profile and texts, or send a smaller image.`,
  )
}

function formatNumber(number: number): string {
  return number.toLocaleString('en-GB')
}
