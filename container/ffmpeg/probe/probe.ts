/** Probes a file: reads the properties of its streams that planners need. */
import type { Size } from '../geometry.ts'
import { chooseFirst, chooseStreams, type StreamNeeds } from './chooseStreams.ts'
import { findColourNote, findDolbyProblem, removeMatrix } from './colourTags.ts'
import { type FfprobeOutput, STREAM_ENTRIES } from './ffprobeOutput.ts'
import type { Orientation } from './imageOrientation.ts'
import type { KnownFileOptions } from './probeMemo.ts'
import { readHeader } from './readHeader.ts'
import { type Probe, readProbe } from './readProbe.ts'
import {
  addOrientation,
  checkStillFrame,
  isStillAnimation,
  queryStill,
  readStill,
} from './still.ts'
import { type AudioStream, findLastEnd, roundToMilliseconds, type VideoStream } from './streams.ts'

export type { Probe } from './readProbe.ts'
export type { AudioStream, VideoStream } from './streams.ts'

export type ProbeOptions = KnownFileOptions & {
  /** Size of the file, for the facts. */
  sizeBytes: number
  /**
   * The streams that the plan needs. A little of each stream is decoded to verify that it can be
   * used. Absent for an output of the runner, whose first streams are used.
   */
  needs?: StreamNeeds
  /**
   * Says whether a file is a fragmented MP4. If it is served with an index, ffprobe reads only some
   * fragments, so `streams` has the properties that depend on all of them, by the stream's number.
   */
  fragments?: {
    isFragmented: boolean
    streams: ReadonlyMap<number, { endSeconds: number; bitRate: number | null }> | null
  }
  /** True for a file that is known to be a still image, which is decoded for its orientation. */
  isStill?: boolean
  /** Orientation of a PNG or WebP; absent or 1 for other files. */
  orientation?: Orientation
}

/**
 * Entries that ffprobe prints. Only two tags are among them, because a file may have any number of
 * tags, of any length.
 */
const ENTRIES = [
  'program_version=version',
  'format=format_name,duration,start_time,bit_rate',
  `stream=${[...STREAM_ENTRIES, 'start_time', 'has_b_frames'].join(',')}`,
  'stream_disposition=attached_pic,timed_thumbnails',
  'stream_tags=BPS,DURATION',
  'stream_side_data=rotation,dv_profile,dv_bl_signal_compatibility_id',
].join(':')

/**
 * @throws JobFailure when ffprobe cannot read the file, when the file has neither audio nor video,
 *   or when its video has no frame size or one that is too large
 */
export async function probe(options: ProbeOptions): Promise<Probe> {
  const { isStill = false } = options
  const { output, rejectedSize } = isStill
    ? await readHeader('still', queryStill(ENTRIES), options)
    : await readHeader('header', { entries: ENTRIES }, options)
  const { applied: orientation, ...turned } = addOrientation(output, options.orientation ?? 1)
  const found = await readOutput(turned.output, rejectedSize, options)
  return { ...found, video: found.video && { ...found.video, orientation } }
}

async function readOutput(
  output: FfprobeOutput,
  rejectedSize: Size | null,
  options: ProbeOptions,
): Promise<Probe> {
  const { needs, sizeBytes, isStill = false } = options
  if (isStill || isStillAnimation(output)) {
    return probeStill(output, { isStill, sizeBytes, rejectedSize })
  }
  const { streams } = output
  const choice =
    needs === undefined ? chooseFirst(streams) : await chooseStreams(streams, needs, options)
  const dolby = choice.video && findDolbyProblem(choice.video)
  if (dolby !== null && choice.video !== null) {
    choice.problems.set(choice.video.index ?? 0, dolby)
  }
  const colourNote = choice.video && findColourNote(choice.video)
  if (colourNote !== null) {
    choice.notes.video.push(colourNote)
  }
  const read = readProbe(output, choice, sizeBytes, rejectedSize)
  const inputOptions =
    needs === undefined || choice.video === null
      ? []
      : removeMatrix(choice.video, output.program_version?.version ?? '')
  const complete = completeFragmented(read, options)
  return { ...complete, video: complete.video && { ...complete.video, inputOptions } }
}

/**
 * Replaces the properties that depend on all fragments. ffmpeg does not seek exactly in fragmented
 * files, with and without an index.
 */
function completeFragmented(read: Probe, { fragments, sizeBytes }: ProbeOptions): Probe {
  if (fragments?.isFragmented !== true) {
    return read
  }
  const { streams } = fragments
  return streams === null
    ? { ...read, seeksExactly: false }
    : {
        ...completeStreams(read, streams),
        seeksExactly: false,
        isFragmented: true,
        isTooSmallForBitRate: countBytes(streams) > sizeBytes * MAX_SIZE_FACTOR,
      }
}

/** A file that should have more than this many times its size has wrong times. */
const MAX_SIZE_FACTOR = 2

/** Returns the number of bytes of the streams by their durations and bit rates. */
function countBytes(streams: FragmentedStreams): number {
  return [...streams.values()].reduce(
    (sum, { endSeconds, bitRate }) => sum + (endSeconds * (bitRate ?? 0)) / 8,
    0,
  )
}

type FragmentedStreams = NonNullable<NonNullable<ProbeOptions['fragments']>['streams']>

function completeStreams(read: Probe, streams: FragmentedStreams): Probe {
  const complete = <T extends VideoStream | AudioStream>(stream: T): T => ({
    ...stream,
    ...(streams.get(stream.index) ?? { endSeconds: null, bitRate: null }),
  })
  // The declared number of frames does not include those in fragments.
  const video = read.video && { ...complete(read.video), frames: null }
  const audio = read.audio && complete(read.audio)
  const contentSeconds = findLastEnd([video, audio])
  const durationSeconds = contentSeconds === null ? null : roundToMilliseconds(contentSeconds)
  return {
    ...read,
    video,
    audio,
    contentSeconds,
    facts: { ...read.facts, durationSeconds },
    audioTracks: read.audioTracks.map(complete),
  }
}

/** @param file.isStill false for an animation of one frame, which is not decoded */
function probeStill(
  output: FfprobeOutput,
  file: { isStill: boolean; sizeBytes: number; rejectedSize: Size | null },
): Probe {
  const still = readStill(output)
  const choice = chooseFirst(still.streams)
  const found = readProbe(still, choice, file.sizeBytes, file.rejectedSize)
  if (file.isStill) {
    checkStillFrame(output)
  }
  return { ...found, isStill: true }
}
