/** Probes a file: reads the properties of its streams that planners need. */
import type { MediaFacts } from '../../../src/contract/mediaFacts.ts'
import { JobFailure } from '../../failures.ts'
import { findRejectedSize } from '../process/classifyFailure.ts'
import { runFfprobe, type FfprobeOptions } from '../process/ffprobe.ts'
import { frameTooLarge } from '../process/limitErrors.ts'
import {
  ffprobeOutput,
  type FfprobeOutput,
  type FfprobeStream,
  isCoverImage,
  isRotated,
  readBitRate,
  readDurationTag,
  readFrameCount,
  readFrameRate,
  readFrameSizes,
  readHdr,
  readInterlaced,
  readKnown,
  STREAM_ENTRIES,
} from './ffprobeOutput.ts'

/**
 * Colour properties that the file declares, by ffprobe's names; null for those that it does not
 * declare.
 */
export interface Colour {
  matrix: string | null
  primaries: string | null
  transfer: string | null
  /** `tv` (limited) or `pc` (full). */
  range: string | null
}

export interface VideoStream {
  codec: string
  pixelFormat: string
  /** Frame size as displayed: upright, with square pixels. */
  display: { width: number; height: number }
  /** Frame size that ffmpeg's first filter receives: upright, with pixels of any shape. */
  upright: { width: number; height: number }
  rotated: boolean
  interlaced: boolean
  /** PQ or HLG, which need tone mapping for an SDR screen. */
  hdr: boolean
  colour: Colour
  frameRate: number | null
  /** Number of frames that the file declares; null when it declares none. */
  frames: number | null
  /** Bits per second; null when the file does not declare it and it cannot be derived. */
  bitRate: number | null
  /** End of the last frame, in seconds from the start of the file; null when unknown. */
  endSeconds: number | null
}

export interface AudioStream {
  codec: string
  channels: number
  sampleRate: number
  /** Start in seconds from the start of the file. */
  startSeconds: number
  /** Bits per second; null when the file does not declare it. */
  bitRate: number | null
}

export interface Probe {
  facts: MediaFacts
  /** The first video stream that is not a cover. */
  video: VideoStream | null
  /** The first of `audioTracks`. */
  audio: AudioStream | null
  /** In the order of the file. */
  audioTracks: AudioStream[]
  /**
   * Seconds from the start of the file to the end of its first video and audio streams; if an end
   * is unknown, the duration that ffprobe states for the file, or null.
   */
  contentSeconds: number | null
  /** False for MPEG streams, which declare no duration: ffprobe estimates it. */
  durationIsDeclared: boolean
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
  'stream_side_data=rotation',
].join(':')

/**
 * @param options.sizeBytes size of the file, for the facts
 * @throws JobFailure when ffprobe cannot read the file, or its audio and video cannot be used
 */
export async function probe(options: FfprobeOptions & { sizeBytes: number }): Promise<Probe> {
  const { output, stderr } = await runFfprobe(options, { entries: ENTRIES })
  const parsed = ffprobeOutput.safeParse(JSON.parse(output))
  if (!parsed.success) {
    throw new JobFailure('internal', 'The output of ffprobe has an unexpected form.')
  }
  return readProbe(parsed.data, options.sizeBytes, findRejectedSize(stderr))
}

/** @param rejectedSize frame size that ffprobe rejected as too large, if any */
function readProbe(
  { format, streams }: FfprobeOutput,
  sizeBytes: number,
  rejectedSize: { width: number; height: number } | null,
): Probe {
  const videoStream = streams.find((each) => each.codec_type === 'video' && !isCoverImage(each))
  const audioStreams = streams.filter((each) => each.codec_type === 'audio')
  const [audioStream] = audioStreams
  if (videoStream === undefined && audioStream === undefined) {
    throw new JobFailure('input_invalid', 'The file has no audio and no video.')
  }
  // ffprobe prints no size for a stream whose size it rejects.
  if (videoStream !== undefined && !videoStream.width && rejectedSize !== null) {
    throw frameTooLarge(rejectedSize)
  }

  const start = format.start_time ?? 0
  const duration = format.duration ?? null
  const audioTracks = audioStreams.map((each) => readAudio(each, start))
  const video = videoStream === undefined ? null : readVideo(videoStream, format, audioStream)
  const ends = [videoStream, audioStream]
    .filter((each) => each !== undefined)
    .map((each) => readEnd(each, start))
  const end = ends.some((each) => each === null) ? null : Math.max(...ends.map(Number))

  return {
    facts: {
      format: format.format_name,
      durationSeconds: duration === null ? null : Math.max(0, Math.round(duration * 1e3) / 1e3),
      sizeBytes,
      videoCodec: video?.codec ?? null,
      audioCodec: audioStream?.codec_name ?? null,
      width: video?.display.width ?? null,
      height: video?.display.height ?? null,
      frameRate: video?.frameRate ?? null,
    },
    video,
    audio: audioTracks[0] ?? null,
    audioTracks,
    contentSeconds: end ?? duration,
    durationIsDeclared: !format.format_name.startsWith('mpeg'),
  }
}

function readAudio(each: FfprobeStream, formatStart: number): AudioStream {
  return {
    startSeconds: Math.max(0, (each.start_time ?? formatStart) - formatStart),
    codec: each.codec_name ?? 'unknown',
    channels: each.channels ?? 2,
    sampleRate: each.sample_rate ?? 48_000,
    bitRate: readBitRate(each),
  }
}

function readVideo(
  each: FfprobeStream,
  format: FfprobeOutput['format'],
  audio: FfprobeStream | undefined,
): VideoStream {
  const { width = 0, height = 0 } = each
  if (width < 1 || height < 1) {
    throw new JobFailure('input_invalid', 'The file has a video stream without a frame size.')
  }
  const totalBitRate = format.bit_rate ?? null
  const remainingBitRate = totalBitRate === null ? null : totalBitRate - (audio?.bit_rate ?? 0)
  const bitRate = readBitRate(each) ?? remainingBitRate
  return {
    codec: each.codec_name ?? 'unknown',
    pixelFormat: each.pix_fmt ?? 'unknown',
    ...readFrameSizes(each, { width, height }),
    rotated: isRotated(each),
    interlaced: readInterlaced(each) === true,
    hdr: readHdr(each) !== null,
    colour: {
      matrix: readKnown(each.color_space),
      primaries: readKnown(each.color_primaries),
      transfer: readKnown(each.color_transfer),
      range: readKnown(each.color_range),
    },
    frameRate: readFrameRate(each),
    frames: readFrameCount(each),
    bitRate: bitRate !== null && bitRate > 0 ? bitRate : null,
    endSeconds: readEnd(each, format.start_time ?? 0),
  }
}

/**
 * Returns the end of a stream in seconds from the start of the file; null when unknown. A duration
 * in a tag is measured from time zero instead of from the start of the stream.
 */
function readEnd(each: FfprobeStream, formatStart: number): number | null {
  if (each.duration !== undefined) {
    return (each.start_time ?? 0) + each.duration - formatStart
  }
  const duration = readDurationTag(each)
  return duration === null ? null : duration - formatStart
}
