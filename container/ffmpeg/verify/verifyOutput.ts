/**
 * Verifies an output against the plan's expectation before it is uploaded. ffmpeg's exit code is
 * not enough: it can be zero when only half of the source could be read.
 */
import { stat } from 'node:fs/promises'
import type { MediaFacts } from '../../../src/contract/mediaFacts.ts'
import { DurationFailure, JobFailure } from '../../failures.ts'
import { probe } from '../probe/probe.ts'
import { hasInputError } from '../process/classifyFailure.ts'
import type { FfprobeOptions } from '../process/ffprobe.ts'
import { LOCAL_FILE_INPUT } from '../process/limits.ts'
import type { Expectation } from '../renderPlan.ts'
import { type AnimatedWebp, readAnimatedWebp } from './animatedWebp.ts'
import { countPackets } from './countPackets.ts'
import { MAX_IMAGE_BYTES, readImageFile } from './imageFile.ts'
import {
  checkDuration,
  checkStart,
  compareEnds,
  compareStarts,
  compareWithEstimate,
  isShorter,
  type TrackEnds,
  type TrackStarts,
} from './durations.ts'

interface VerifyOptions extends Omit<FfprobeOptions, 'input' | 'bytesRead'> {
  file: string
  expect: Expectation
  /** The end of stderr of the ffmpeg process that made the file. */
  stderr: string
  /** True when the plan has a fallback that can run if this output is invalid. */
  hasFallback: boolean
}

/**
 * @returns the facts of the output, whose duration and frame rate are null for an image, and notes
 *   for users
 * @throws JobFailure: `output_invalid`, `input_invalid` when the source is the cause, or another
 *   failure of `probe`
 */
export async function verifyOutput(
  options: VerifyOptions,
): Promise<{ facts: MediaFacts; notes: string[] }> {
  const { expect } = options
  const sizeBytes = (await stat(options.file).catch(() => null))?.size ?? 0
  if (sizeBytes === 0) {
    throw emptyOutput(options)
  }
  const { facts, starts, ends } =
    expect.isImage && sizeBytes <= MAX_IMAGE_BYTES
      ? await readImage(options, sizeBytes)
      : await probeOutput(options, sizeBytes)

  checkFrameSize(facts, expect)
  checkTracks(facts, expect)
  const hasAllFrames = await isVideoComplete(ends, options)
  if (!hasAllFrames || expect.hasAudio) {
    checkDuration('output', facts.durationSeconds ?? 0, options)
  }
  checkTrackEnds(ends, hasAllFrames, options)
  checkTrackStarts(starts, facts, options)
  if (expect.maxBytes !== undefined && sizeBytes > expect.maxBytes) {
    const [actual, limit] = [Math.ceil(sizeBytes / 1000), Math.floor(expect.maxBytes / 1000)]
    throw new JobFailure(
      'output_invalid',
      `The size of the output is ${actual} kB; at most ${limit} kB are allowed for the requested size (sz). Request a larger size, or a smaller frame (w, h).`,
    )
  }
  return {
    facts: expect.isImage ? { ...facts, durationSeconds: null, frameRate: null } : facts,
    notes: [
      ...compareStarts(starts),
      ...compareEnds(ends),
      ...compareWithEstimate(ends, expect.estimatedSeconds),
    ],
  }
}

interface ReadOutput {
  facts: MediaFacts
  starts: TrackStarts
  ends: TrackEnds
}

async function readImage(options: VerifyOptions, sizeBytes: number): Promise<ReadOutput> {
  const image = await readImageFile(options.file)
  if (image === null) {
    throw emptyOutput(options)
  }
  const facts = { ...image, sizeBytes, durationSeconds: null, frameRate: null, audioCodec: null }
  const unknown = { video: null, audio: null }
  return { facts, starts: unknown, ends: unknown }
}

/** An animated WebP is read here, because ffprobe does not read its frames. */
async function probeOutput(options: VerifyOptions, sizeBytes: number): Promise<ReadOutput> {
  const { file, ffprobe, limits, cwd, signal } = options
  const animation = await readAnimatedWebp(file)
  if (animation !== null) {
    const unknown = { video: null, audio: null }
    return { facts: animationFacts(animation, sizeBytes), starts: unknown, ends: unknown }
  }
  const input = [...LOCAL_FILE_INPUT, `file:${file}`]
  try {
    const found = await probe({
      ffprobe,
      input,
      limits,
      cwd,
      signal,
      bytesRead: () => 0,
      sizeBytes,
    })
    const start = (track: { startSeconds: number } | null) =>
      track === null || options.expect.isImage ? null : found.startSeconds + track.startSeconds
    const starts = { video: start(found.video), audio: start(found.audio) }
    const ends = {
      video: found.video?.endSeconds ?? null,
      audio: found.audio?.endSeconds ?? null,
    }
    return { facts: found.facts, starts, ends }
  } catch (error) {
    const isUnreadable = error instanceof JobFailure && error.code === 'input_invalid'
    throw isUnreadable ? emptyOutput(options) : error
  }
}

function animationFacts(
  { width, height, frames, seconds }: AnimatedWebp,
  sizeBytes: number,
): MediaFacts {
  return {
    format: 'webp',
    durationSeconds: seconds,
    sizeBytes,
    width,
    height,
    frameRate: seconds > 0 ? Math.round((frames / seconds) * 1e3) / 1e3 : null,
    videoCodec: 'webp',
    audioCodec: null,
  }
}

/** Returns true for a video that is shorter than planned although it has all of its frames. */
async function isVideoComplete({ video }: TrackEnds, options: VerifyOptions): Promise<boolean> {
  const { trackSeconds, frames } = options.expect
  const planned = trackSeconds?.video ?? null
  const isShort = video !== null && planned !== null && isShorter(video, planned)
  return isShort && frames !== undefined && (await countPackets(options)) >= frames
}

/** Checks each track by itself: an output is as long as its longest track. */
function checkTrackEnds(ends: TrackEnds, hasAllFrames: boolean, options: VerifyOptions): void {
  const { trackSeconds, hasAudio, size } = options.expect
  if (hasAudio && ends.audio !== null && trackSeconds?.audio != null) {
    checkDuration('audio of the output', ends.audio, withSeconds(options, trackSeconds.audio))
  }
  if (size !== null && !hasAllFrames && ends.video !== null && trackSeconds?.video != null) {
    checkDuration('video of the output', ends.video, withSeconds(options, trackSeconds.video))
  }
}

/** Checks that each track begins when it should: an output is as long as planned if one is late. */
function checkTrackStarts(
  starts: TrackStarts,
  { frameRate }: MediaFacts,
  { expect: { trackStarts }, stderr }: VerifyOptions,
): void {
  for (const track of ['video', 'audio'] as const) {
    const expected = trackStarts?.[track] ?? null
    checkStart(track, starts[track], { expected, frameRate, stderr })
  }
}

function withSeconds(options: VerifyOptions, seconds: number): VerifyOptions {
  return { ...options, expect: { ...options.expect, seconds } }
}

function checkTracks({ videoCodec, audioCodec }: MediaFacts, expect: Expectation): void {
  if (expect.hasAudio && audioCodec === null) {
    throw new DurationFailure('output_invalid', 'The output has no audio, but audio was planned.')
  }
  if (!expect.hasAudio && audioCodec !== null) {
    throw new JobFailure('output_invalid', 'The output has audio, but no audio was planned.')
  }
  checkCodec('video', videoCodec, expect.videoCodec)
  checkCodec('audio', audioCodec, expect.audioCodec)
}

function checkCodec(
  track: 'video' | 'audio',
  actual: string | null,
  expected: string | undefined,
): void {
  if (expected !== undefined && actual !== expected) {
    throw new JobFailure(
      'output_invalid',
      `The ${track} codec of the output is ${actual ?? 'missing'} instead of ${expected}.`,
    )
  }
}

function checkFrameSize({ width, height }: MediaFacts, { size }: Expectation): void {
  if (width === (size?.width ?? null) && height === (size?.height ?? null)) {
    return
  }
  if (width === null && size !== null) {
    throw new DurationFailure('output_invalid', 'The output has no video, but video was planned.')
  }
  const format = (w?: number | null, h?: number | null) => (w ? `${w} by ${h}` : 'no video')
  throw new JobFailure(
    'output_invalid',
    `The frame size of the output is ${format(width, height)} instead of ${format(size?.width, size?.height)}.`,
  )
}

/** Returns the failure for an output that is empty, or that ffprobe cannot read. */
export function emptyOutput({
  stderr,
  hasFallback,
}: {
  stderr: string
  hasFallback: boolean
}): JobFailure {
  // Without a fallback, "nothing was encoded" counts as invalid input. With one, it does not: the
  // fallback may succeed.
  const isNothingEncoded = !hasFallback && /nothing was encoded|video:0k/i.test(stderr)
  return isNothingEncoded || hasInputError(stderr)
    ? new JobFailure(
        'input_invalid',
        'The file is damaged: nothing of the requested part can be read.',
      )
    : new DurationFailure('output_invalid', 'ffmpeg produced no readable output.')
}
