/**
 * The words for a file that is media, and too much of it. Each says the limit and what would help;
 * a person who sent the file reads them.
 */
import { JobFailure } from '../../failures.ts'
import type { Size } from '../edit/geometry.ts'
import { MAX_FRAMES, MAX_PIXELS, MAX_SECONDS, MAX_STREAMS, PROBE } from './limits.ts'

const PIXELS = `at most ${grouped(MAX_PIXELS)} pixels (8192 by 8192) are accepted`

/** Whether a picture may be decoded, resized to, or made. */
export function isTooLarge({ width, height }: Size): boolean {
  return width * height > MAX_PIXELS
}

export function tooLarge({ width, height }: Size): JobFailure {
  return new JobFailure(
    'unsupported',
    `The picture measures ${width} by ${height}; ${PIXELS}. Send a smaller one.`,
  )
}

export function variantTooLarge({ width, height }: Size): JobFailure {
  return new JobFailure(
    'unsupported',
    `The variant would measure ${width} by ${height}; ${PIXELS}. Ask for both sides, or for a smaller one.`,
  )
}

export function tooLong(seconds: number): JobFailure {
  return new JobFailure(
    'unsupported',
    `The video says that it is ${grouped(Math.round(seconds / 3_600))} hours long; at most ${MAX_SECONDS / 3_600} are processed. Ask for a part of it, or, if it is shorter, save it anew.`,
  )
}

export function tooManyFrames(frames: number): JobFailure {
  return new JobFailure(
    'unsupported',
    `The video says that it has ${grouped(Math.round(frames))} pictures or more; at most ${grouped(MAX_FRAMES)} are processed. Ask for a part of it, or, if it has fewer, save it anew.`,
  )
}

export function tooManyStreams(): JobFailure {
  return new JobFailure(
    'unsupported',
    `The file has more than ${MAX_STREAMS} streams. Send it with the tracks that are needed, one picture and one sound.`,
  )
}

export function indexTooLarge(): JobFailure {
  return new JobFailure(
    'input_invalid',
    `The file's index asks for more than ${PROBE.memoryBytes / 1024 ** 3} GiB of memory, as that of no real video does: it is damaged. Save it anew and send that.`,
  )
}

export function probeTooSlow(): JobFailure {
  return new JobFailure(
    'timeout',
    `Finding out what the file holds took more than ${PROBE.cpuSeconds} seconds of computing, as no ordinary video does. Save it anew and send that.`,
  )
}

export function noMediaFound(): JobFailure {
  return new JobFailure(
    'input_invalid',
    `No video was found in ${PROBE.readBytes / 1024 ** 2} MiB of the file. Save it anew and send that.`,
  )
}

function grouped(number: number): string {
  return number.toLocaleString('en-GB')
}
