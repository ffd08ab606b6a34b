/**
 * Looks at what ffmpeg made before anyone else gets it. Owns what counts as right; an exit code of
 * zero is not enough, since ffmpeg ends well on half a file.
 */
import { stat } from 'node:fs/promises'
import type { MediaFacts } from '../../../src/contract/mediaFacts.ts'
import { JobFailure } from '../../failures.ts'
import { hasInputError } from '../process/classifyFailure.ts'
import type { ProcessLimits } from '../process/limits.ts'
import { probe } from '../probe/probe.ts'
import type { Expectation } from '../renderPlan.ts'
import { type AnimatedWebp, readAnimatedWebp } from './animatedWebp.ts'

/** Half a second for codec delay and container rounding, or 2 % where clocks drift. */
export function durationTolerance(seconds: number): number {
  return Math.max(0.5, seconds * 0.02)
}

interface Checked {
  ffprobe: string
  file: string
  expect: Expectation
  stderr: string
  more: boolean
  limits: ProcessLimits
  cwd: string
  signal: AbortSignal
}

/**
 * @param options.stderr what ffmpeg said while it made the file
 * @param options.more whether there is another way still to go if this one gave nothing
 * @returns the facts of the output; `durationSeconds` is null for a picture
 * @throws JobFailure `output_invalid`, or `input_invalid` when the source ended before it said
 */
export async function verifyOutput(options: Checked): Promise<MediaFacts> {
  const { expect } = options
  const sizeBytes = (await stat(options.file).catch(() => null))?.size ?? 0
  if (sizeBytes === 0) {
    throw emptyOutput(options)
  }
  const { facts } = await lookInto(options, sizeBytes)

  checkSize(facts, expect)
  checkStreams(facts, expect)
  checkDuration(facts.durationSeconds ?? 0, options)
  if (expect.maxBytes !== undefined && sizeBytes > expect.maxBytes) {
    throw new JobFailure(
      'output_invalid',
      `The result measures ${Math.ceil(sizeBytes / 1000)} kB instead of ${Math.floor(expect.maxBytes / 1000)} at the most. Ask for a smaller picture (w, h), or for more.`,
    )
  }
  return expect.isImage ? { ...facts, durationSeconds: null, frameRate: null } : facts
}

async function lookInto(options: Checked, sizeBytes: number) {
  const animation = await readAnimatedWebp(options.file)
  if (animation !== null) {
    return { facts: animationFacts(animation, sizeBytes) }
  }
  return probe({
    ffprobe: options.ffprobe,
    input: ['-protocol_whitelist', 'file', `file:${options.file}`],
    sizeBytes,
    limits: options.limits,
    bytesRead: () => 0,
    cwd: options.cwd,
    signal: options.signal,
  }).catch((error: unknown) => {
    if (error instanceof JobFailure && error.code === 'input_invalid') {
      throw emptyOutput(options)
    }
    throw error
  })
}

function animationFacts({ width, height, frames, seconds }: AnimatedWebp, sizeBytes: number) {
  const frameRate = seconds > 0 ? Math.round((frames / seconds) * 1e3) / 1e3 : null
  return {
    format: 'webp',
    durationSeconds: seconds,
    sizeBytes,
    width,
    height,
    frameRate,
    videoCodec: 'webp',
    audioCodec: null,
  }
}

function checkStreams({ videoCodec, audioCodec }: MediaFacts, expect: Expectation) {
  const invalid = (message: string) => new JobFailure('output_invalid', message)
  if (expect.hasAudio && audioCodec === null) {
    throw invalid('The result has lost its sound.')
  }
  if (!expect.hasAudio && audioCodec !== null) {
    throw invalid('The result has sound, and should not.')
  }
  const pairs = [
    ['picture', videoCodec, expect.videoCodec],
    ['sound', audioCodec, expect.audioCodec],
  ] as const
  for (const [what, actual, expected] of pairs) {
    if (expected === undefined || actual === expected) {
      continue
    }
    throw invalid(`The ${what} of the result is ${actual ?? 'not there'} instead of ${expected}.`)
  }
}

function checkSize({ width, height }: MediaFacts, { size }: Expectation) {
  if (width === (size?.width ?? null) && height === (size?.height ?? null)) {
    return
  }
  throw new JobFailure(
    'output_invalid',
    `The result measures ${width} by ${height} instead of ${size?.width} by ${size?.height}.`,
  )
}

/** @throws JobFailure, whose class says whether the source or the making of it is at fault */
export function checkDuration(
  actual: number,
  {
    expect,
    stderr,
  }: { expect: Pick<Expectation, 'seconds' | 'hasRequestedEnd' | 'mayBeLonger'>; stderr: string },
) {
  const expected = expect.seconds
  if (expected === null) {
    return
  }
  if (actual < expected - durationTolerance(expected)) {
    throw hasInputError(stderr)
      ? new JobFailure(
          'input_invalid',
          `The file ends early: ${expected.toFixed(1)} seconds of it were to be read, and only ${actual.toFixed(1)} were there.`,
        )
      : new JobFailure('output_invalid', wrongLength(actual, expected))
  }
  if (!expect.mayBeLonger && actual > expected + durationTolerance(expected)) {
    throw expect.hasRequestedEnd
      ? new JobFailure('output_invalid', wrongLength(actual, expected))
      : new JobFailure(
          'input_invalid',
          `The file says that ${expected.toFixed(1)} seconds of it are to be read, and goes on for ${actual.toFixed(1)}: it is damaged.`,
        )
  }
}

function wrongLength(actual: number, expected: number): string {
  return `The result is ${actual.toFixed(1)} seconds long instead of ${expected.toFixed(1)}.`
}

export function emptyOutput({ stderr, more }: { stderr: string; more: boolean }): JobFailure {
  // With another way still to go, that nothing came is a finding and not the end.
  const nothingThere = !more && /nothing was encoded|video:0k/i.test(stderr)
  return nothingThere || hasInputError(stderr)
    ? new JobFailure('input_invalid', 'The file is damaged: nothing of what was asked can be read.')
    : new JobFailure('output_invalid', 'ffmpeg gave no result.')
}
