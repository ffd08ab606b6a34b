/**
 * Chooses the video stream and the audio track of a file. Streams with far fewer frames, or a far
 * shorter duration, than another one come last. In this order, the first stream that can be used is
 * chosen. Cover images are not video.
 */
import {
  type FfprobeStream,
  isCoverImage,
  readCodec,
  readDuration,
  readDurationTag,
  readFrameCount,
  readKnown,
} from './ffprobeOutput.ts'
import type { KnownFileOptions } from './probeMemo.ts'
import * as samples from './streamSamples.ts'

export interface StreamNeeds {
  video: boolean
  /** Number of the requested audio track, from 1; null when no audio is needed. */
  audioTrack: number | null
  /**
   * True to measure durations by reading the file if they are unknown, or far too long for its
   * size.
   */
  durations: boolean
  /**
   * `examined` to find wrong times by reading the file, if it is not large. `checked` if the encode
   * checks them, so that only a file that declares no duration is read.
   */
  times: 'none' | 'checked' | 'examined'
}

export interface Choice {
  video: FfprobeStream | null
  audio: FfprobeStream | null
  /** Why streams cannot be used, by their number in the file. */
  problems: Map<number, string>
  notes: { video: string[]; audio: string[] }
  /** True when the file does not say of all frames of the video when they are shown. */
  hasUntimedFrames: boolean
}

type Samples = Map<number, samples.DecodeSample>

/** A stream with less than this share of the frames, or of the seconds, of another one is minor. */
const MINOR_SHARE = 0.1

/** Chooses the first streams, without reading any of them. */
export function chooseFirst(streams: readonly FfprobeStream[]): Choice {
  return {
    video: listVideo(streams)[0] ?? null,
    audio: listAudio(streams)[0] ?? null,
    problems: new Map(),
    notes: { video: [], audio: [] },
    hasUntimedFrames: false,
  }
}

/** @param options the file, of which a little is decoded */
export async function chooseStreams(
  streams: readonly FfprobeStream[],
  needs: StreamNeeds,
  options: KnownFileOptions,
): Promise<Choice> {
  const choice = chooseFirst(streams)
  const decoded = await samples.decodeFirstPackets(options)
  if (decoded === null) {
    return choice
  }
  const context = { choice, decoded, options }
  if (needs.video) {
    await chooseVideo(listVideo(streams), context)
    const sample = choice.video && decoded.get(indexOf(choice.video))
    choice.hasUntimedFrames = (sample?.untimed ?? 0) > 0
  }
  if (needs.audioTrack !== null) {
    await chooseAudio(listAudio(streams), needs.audioTrack, context)
  }
  return choice
}

interface ChoiceContext {
  choice: Choice
  decoded: Samples
  options: KnownFileOptions
}

async function chooseVideo(candidates: FfprobeStream[], context: ChoiceContext): Promise<void> {
  const { choice, options } = context
  const counts = candidates.length < 2 ? [] : await countFrames(candidates, options)
  const chosen = await findUsable(orderByAmount(candidates, counts), context, candidates.length > 1)
  const [first] = candidates
  // A stream without packets is ignored. One that cannot be decoded is kept, so that the failure
  // can name it.
  choice.video =
    chosen ?? candidates.find((each) => choice.problems.get(indexOf(each)) !== EMPTY) ?? null
  if (chosen !== null && first !== undefined && chosen !== first) {
    choice.notes.video.push(
      `The first video stream (${readCodec(first)}) ${choice.problems.get(indexOf(first)) ?? 'has far fewer frames than another one'}, so stream ${indexOf(chosen)} (${readCodec(chosen)}) is used.`,
    )
  }
}

async function chooseAudio(
  candidates: FfprobeStream[],
  requested: number,
  context: ChoiceContext,
): Promise<void> {
  const { choice, options } = context
  const track = candidates[requested - 1]
  if (requested > 1 && track !== undefined) {
    await findUsable([track], context, true)
  }
  const seconds = candidates.length < 2 ? [] : await readSeconds(candidates, options)
  choice.audio = await findUsable(orderByAmount(candidates, seconds), context, true)
  const [first] = candidates
  if (requested > 1 || first === undefined || choice.audio === first) {
    return
  }
  const problem = choice.problems.get(indexOf(first)) ?? 'is far shorter than another one'
  const number = choice.audio === null ? 0 : candidates.indexOf(choice.audio) + 1
  choice.notes.audio.push(
    choice.audio === null
      ? `No audio track can be used: ${describeProblems(candidates, choice.problems)}.`
      : `Audio track 1 (${readCodec(first)}) ${problem}, so track ${number} (${readCodec(choice.audio)}) is used.`,
  )
}

/** Describes why none of the audio tracks can be used; names the first four. */
function describeProblems(
  tracks: readonly FfprobeStream[],
  problems: ReadonlyMap<number, string>,
): string {
  return tracks
    .slice(0, 4)
    .map((each, at) => `track ${at + 1} (${readCodec(each)}) ${problems.get(indexOf(each))}`)
    .join('; ')
}

const EMPTY = 'has no data'
const UNDECODABLE = 'cannot be decoded'

/**
 * Returns the first stream that can be used, and adds those before it to `problems`.
 *
 * @param needsFrames true if a frame must have been decoded; else packets are enough
 */
async function findUsable(
  streams: readonly FfprobeStream[],
  { choice: { problems }, decoded, options }: ChoiceContext,
  needsFrames: boolean,
): Promise<FfprobeStream | null> {
  for (const stream of streams) {
    const index = indexOf(stream)
    const problem =
      problems.get(index) ?? (await findProblem(stream, decoded, { options, needsFrames }))
    if (problem === null) {
      return stream
    }
    problems.set(index, problem)
  }
  return null
}

async function findProblem(
  stream: FfprobeStream,
  decoded: Samples,
  { options, needsFrames }: { options: KnownFileOptions; needsFrames: boolean },
): Promise<string | null> {
  const isKnown = readKnown(stream.codec_name) !== null
  const first = decoded.get(indexOf(stream))
  if ((first?.frames ?? 0) > 0 || (isKnown && !needsFrames && (first?.packets ?? 0) > 0)) {
    return null
  }
  const sample = await samples.decodeStream(indexOf(stream), options)
  if (sample !== null) {
    decoded.set(indexOf(stream), sample)
  }
  if (sample?.packets === 0 && first === undefined) {
    // A stream that declares frames is damaged, not empty. Its problem is found when it is decoded.
    return (readFrameCount(stream) ?? 0) > 0 ? null : EMPTY
  }
  const isDecoded = sample === null || sample.frames > 0 || !needsFrames
  return isKnown && isDecoded ? null : UNDECODABLE
}

/** Returns the streams in their order, with the minor ones last. */
function orderByAmount(
  streams: readonly FfprobeStream[],
  amounts: readonly number[],
): FfprobeStream[] {
  const most = Math.max(0, ...amounts)
  const isMinor = (_: FfprobeStream, at: number) => (amounts[at] ?? most) < most * MINOR_SHARE
  const isMajor = (each: FfprobeStream, at: number) => !isMinor(each, at)
  return [...streams.filter(isMajor), ...streams.filter(isMinor)]
}

/**
 * Returns the number of frames of each stream: the declared one, otherwise the number of packets at
 * the start of the file.
 */
async function countFrames(
  streams: readonly FfprobeStream[],
  options: KnownFileOptions,
): Promise<number[]> {
  const declared = streams.map(readFrameCount)
  const counted = declared.includes(null) ? await samples.countPackets(options) : new Map()
  const counts = streams.map((each, at) => declared[at] ?? counted.get(indexOf(each))?.packets ?? 0)
  // A single frame is treated as a cover, even next to a video of few frames.
  return counts.map((count) => (count > 1 ? count : 0))
}

/**
 * Returns the declared duration of each stream. If one is missing, returns for each stream the
 * seconds that its packets at the start of the file span.
 */
async function readSeconds(
  streams: readonly FfprobeStream[],
  options: KnownFileOptions,
): Promise<number[]> {
  const declared = streams.map((each) => readDuration(each.duration) ?? readDurationTag(each))
  if (declared.every((seconds) => seconds !== null)) {
    return declared
  }
  const counted = await samples.countPackets(options)
  return streams.map((each) => counted.get(indexOf(each))?.seconds ?? 0)
}

function listVideo(streams: readonly FfprobeStream[]): FfprobeStream[] {
  return streams.filter((each) => each.codec_type === 'video' && !isCoverImage(each))
}

function listAudio(streams: readonly FfprobeStream[]): FfprobeStream[] {
  return streams.filter((each) => each.codec_type === 'audio')
}

function indexOf({ index }: FfprobeStream): number {
  return index ?? 0
}
