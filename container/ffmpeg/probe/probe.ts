/** Probes a file: reads the properties of its streams that planners need. */
import type { MediaFacts } from '../../../src/contract/mediaFacts.ts'
import { JobFailure } from '../../failures.ts'
import { findRejectedSize } from '../process/classifyFailure.ts'
import { MAX_FRAMES, MAX_SECONDS } from '../process/limits.ts'
import { runFfprobe, type FfprobeOptions } from '../process/ffprobe.ts'
import { frameTooLarge } from '../process/limitErrors.ts'
import { type Choice, chooseFirst, chooseStreams, type StreamNeeds } from './chooseStreams.ts'
import { findDolbyProblem, repairMatrix } from './colourTags.ts'
import { ffprobeOutput, type FfprobeOutput, readDuration, STREAM_ENTRIES } from './ffprobeOutput.ts'
import { MAX_STEP_SECONDS, measureEnds } from './measureEnds.ts'
import { type AudioStream, readAudio, readVideo, type VideoStream } from './streams.ts'

export type { AudioStream, VideoStream } from './streams.ts'

export interface Probe {
  facts: MediaFacts
  /** The video stream that is used: not a cover, and if possible one that can be decoded. */
  video: VideoStream | null
  /** The audio track that is used if none is requested; null if none can be used. */
  audio: AudioStream | null
  /** All audio tracks, in the order of the file. */
  audioTracks: AudioStream[]
  /** Why streams cannot be used, by their number in the file, as part of a sentence. */
  problems: ReadonlyMap<number, string>
  /** Notes for users about the choice of the streams. */
  notes: { video: string[]; audio: string[] }
  /**
   * Seconds from the start of the file to the end of its video or its audio, whichever is later. If
   * an end is unknown, the duration that ffprobe states for the file, or null.
   */
  contentSeconds: number | null
  /**
   * False for MPEG transport and program streams. They declare no duration, so ffprobe estimates
   * it.
   */
  durationIsDeclared: boolean
  /** The timestamp at which the file starts. */
  startSeconds: number
  /**
   * False for MPEG transport and program streams, which have no index. ffmpeg then seeks to any
   * packet near a time, and the times of the packets after a seek depend on its version. False
   * for fragmented MP4 files too: ffmpeg seeks by the time at which a frame is decoded.
   */
  seeksExactly: boolean
  /** True for a fragmented MP4 file of which only some fragments were read. */
  isFragmented: boolean
}

export type ProbeOptions = FfprobeOptions & {
  /** Size of the file, for the facts. */
  sizeBytes: number
  /**
   * The streams that the plan needs. A little of each stream is decoded to verify that it can be
   * used. Absent for an output of the runner, whose first streams are used.
   */
  needs?: StreamNeeds
  /**
   * Properties of the video and audio streams of a fragmented MP4 file, by their number. ffprobe derives
   * them from the fragments that it has read, which are not all.
   */
  fragmentedStreams?: ReadonlyMap<number, { endSeconds: number; bitRate: number | null }>
}

/**
 * Entries that ffprobe prints. Only two tags are among them, because a file may have any number of
 * tags, of any length.
 */
const ENTRIES = [
  'format=format_name,duration,start_time,bit_rate',
  `stream=${[...STREAM_ENTRIES, 'start_time'].join(',')}`,
  'stream_disposition=attached_pic,timed_thumbnails',
  'stream_tags=BPS,DURATION',
  'stream_side_data=rotation,dv_profile,dv_bl_signal_compatibility_id',
].join(':')

/**
 * @throws JobFailure when ffprobe cannot read the file, when the file has neither audio nor video,
 *   or when its video has no frame size or one that is too large
 */
export async function probe(options: ProbeOptions): Promise<Probe> {
  const { needs, sizeBytes } = options
  const { output, stderr } = await runFfprobe(options, { entries: ENTRIES })
  const parsed = ffprobeOutput.safeParse(JSON.parse(output))
  if (!parsed.success) {
    throw new JobFailure('internal', 'The output of ffprobe has an unexpected form.')
  }
  const { streams } = parsed.data
  const choice =
    needs === undefined ? chooseFirst(streams) : await chooseStreams(streams, needs, options)
  const dolby = choice.video && findDolbyProblem(choice.video)
  if (dolby !== null && choice.video !== null) {
    choice.problems.set(choice.video.index ?? 0, dolby)
  }
  const read = readProbe(parsed.data, choice, sizeBytes, findRejectedSize(stderr))
  const inputOptions =
    needs === undefined || choice.video === null ? [] : await repairMatrix(choice.video, options)
  const complete = completeFragmented(read, options)
  const found = { ...complete, video: complete.video && { ...complete.video, inputOptions } }
  return needs?.durations === true && needsMeasurement(found, sizeBytes)
    ? measureProbe(found, options)
    : found
}

/** Replaces the properties that depend on all fragments. */
function completeFragmented(read: Probe, { fragmentedStreams }: ProbeOptions): Probe {
  if (fragmentedStreams === undefined) {
    return read
  }
  const complete = <T extends VideoStream | AudioStream>(stream: T): T => ({
    ...stream,
    ...(fragmentedStreams.get(stream.index) ?? { endSeconds: null, bitRate: null }),
  })
  // The file declares the frames that are not in fragments, if any.
  const video = read.video && { ...complete(read.video), frames: null }
  const audio = read.audio && complete(read.audio)
  return {
    ...withEnds(read, video, audio),
    audioTracks: read.audioTracks.map(complete),
    seeksExactly: false,
    isFragmented: true,
  }
}

/** A video file with fewer bytes per second than this may declare a wrong duration. */
const MIN_PLAUSIBLE_BYTES_PER_SECOND = 1_000

/**
 * True when the duration is unknown, or when the file has video and is too small for its duration.
 * A file that declares too many frames is not read, because it is rejected anyway.
 */
function needsMeasurement({ contentSeconds, video }: Probe, sizeBytes: number): boolean {
  return (
    contentSeconds === null ||
    (video !== null &&
      (video.frames ?? 0) <= MAX_FRAMES &&
      sizeBytes / contentSeconds < MIN_PLAUSIBLE_BYTES_PER_SECOND)
  )
}

/** @param rejectedSize frame size that ffprobe rejected as too large, if any */
function readProbe(
  { format, streams }: FfprobeOutput,
  choice: Choice,
  sizeBytes: number,
  rejectedSize: { width: number; height: number } | null,
): Probe {
  const { video: videoStream, audio: audioStream, problems, notes } = choice
  const audioStreams = streams.filter((each) => each.codec_type === 'audio')
  if (videoStream === null && audioStreams.length === 0) {
    throw new JobFailure('input_invalid', 'The file has no audio and no video.')
  }
  // ffprobe prints no size for a stream whose size it rejects.
  if (videoStream !== null && !videoStream.width && rejectedSize !== null) {
    throw frameTooLarge(rejectedSize)
  }

  const start = format.start_time ?? 0
  const duration = readDuration(format.duration)
  const audioTracks = audioStreams.map((each) => readAudio(each, start))
  const audio = audioTracks.find(({ index }) => index === audioStream?.index) ?? null
  const video = videoStream && readVideo(videoStream, format, audioStream ?? undefined)
  return {
    facts: {
      format: format.format_name,
      durationSeconds: duration === null ? null : roundToMilliseconds(duration),
      sizeBytes,
      videoCodec: video?.codec ?? null,
      audioCodec: audio?.codec ?? null,
      width: video?.display.width ?? null,
      height: video?.display.height ?? null,
      frameRate: video?.frameRate ?? null,
    },
    video,
    audio,
    audioTracks,
    problems,
    notes,
    contentSeconds: findLastEnd([video, audio]) ?? duration,
    durationIsDeclared: !format.format_name.startsWith('mpeg'),
    startSeconds: start,
    seeksExactly: !format.format_name.startsWith('mpeg'),
    isFragmented: false,
  }
}

/** Returns the latest of the ends; null when there is no stream, or an end is unknown. */
function findLastEnd(streams: readonly ({ endSeconds: number | null } | null)[]): number | null {
  const ends = streams.filter((each) => each !== null).map(({ endSeconds }) => endSeconds)
  const known = ends.filter((end) => end !== null)
  return known.length === 0 || known.length < ends.length ? null : Math.max(...known)
}

/**
 * Replaces the ends of the streams, the number of frames and the duration of the file by measured
 * values. Reads the file to its end. If the measured duration is above MAX_SECONDS and a duration
 * was known before, nothing is replaced.
 */
async function measureProbe(found: Probe, options: ProbeOptions): Promise<Probe> {
  const ends = await measureEnds(options)
  const measuredEnd = Math.max(0, ...[...ends.values()].map((each) => each.endSeconds))
  const hasWrongTimes =
    found.contentSeconds !== null && found.contentSeconds > measuredEnd + MAX_STEP_SECONDS
  const video = found.video && {
    ...found.video,
    ...ends.get(found.video.index),
    hasWrongTimes,
  }
  const measureAudio = (track: AudioStream) => ({
    ...track,
    endSeconds: ends.get(track.index)?.endSeconds ?? track.endSeconds,
  })
  const audio = found.audio && measureAudio(found.audio)
  const measured = withEnds(found, video, audio)
  if (found.contentSeconds !== null && (measured.contentSeconds ?? 0) > MAX_SECONDS) {
    return found
  }
  return { ...measured, audioTracks: found.audioTracks.map(measureAudio) }
}

/** Replaces the streams, and the durations that follow from them. */
function withEnds(found: Probe, video: VideoStream | null, audio: AudioStream | null): Probe {
  const contentSeconds = findLastEnd([video, audio])
  return {
    ...found,
    video,
    audio,
    contentSeconds,
    facts: {
      ...found.facts,
      durationSeconds: contentSeconds === null ? null : roundToMilliseconds(contentSeconds),
    },
  }
}

function roundToMilliseconds(seconds: number): number {
  return Math.max(0, Math.round(seconds * 1e3) / 1e3)
}
