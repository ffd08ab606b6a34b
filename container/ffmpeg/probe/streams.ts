/**
 * Properties of the video and audio streams of a file that planners need, from ffprobe's output.
 */
import { JobFailure } from '../../failures.ts'
import type { Scan } from './classifyScan.ts'
import { type Colour, readColour } from './colourTags.ts'
import {
  type FfprobeOutput,
  type FfprobeStream,
  isRotated,
  readBitRate,
  readCodec,
  readDuration,
  readDurationTag,
  readFrameCount,
  readFrameRate,
  readFrameSizes,
  readHdr,
  readInterlaced,
  readKnown,
  readPeakFrameRate,
} from './ffprobeOutput.ts'
import type { Orientation } from './imageOrientation.ts'
import type { TimeFault } from './timeFaults.ts'

export interface VideoStream {
  /** Number of the stream in the file, from 0. */
  index: number
  codec: string
  pixelFormat: string
  /** Frame size as displayed: upright, with square pixels. */
  display: { width: number; height: number }
  /** Frame size once the frame is upright, with pixels of any shape. */
  upright: { width: number; height: number }
  rotated: boolean
  /** Orientation that ffmpeg does not apply by itself; 1 for an upright image and all other files. */
  orientation: Orientation
  /** True when the file declares, or its frames show, that frames have two fields of different times. */
  interlaced: boolean
  /** Result of looking at some frames; null if none were looked at, or nothing moves in them. */
  scan: Scan | null
  /** PQ or HLG, which need tone mapping for an SDR screen. */
  hdr: boolean
  colour: Colour
  /** Options of ffmpeg's input that this stream needs. */
  inputOptions: readonly string[]
  frameRate: number | null
  /**
   * Lowest rate with which all timestamps can be represented, as ffprobe estimates it; above
   * `frameRate` when the rate varies.
   */
  peakFrameRate: number | null
  /** Number of frames that the file declares or that were counted; null when unknown. */
  frames: number | null
  /** Bits per second; null when the file does not declare it and it cannot be derived. */
  bitRate: number | null
  /** Start in seconds from the start of the file. */
  startSeconds: number
  /** End of the last frame, in seconds from the start of the file; null when unknown. */
  endSeconds: number | null
  /** True when the file declares a far longer duration than its packets have. */
  hasWrongTimes: boolean
  /**
   * Seconds by which decoded frames are late, because the file has only their decoding times; null
   * for a file that has presentation times. AVI has none for frames that are shown in another order
   * than they are decoded in.
   */
  decodeDelaySeconds: number | null
  /** Describes times that jump or go back; null if there are none, or if that is unknown. */
  timeFault: TimeFault | null
}

export interface AudioStream {
  /** Number of the stream in the file, from 0. */
  index: number
  codec: string
  channels: number
  /** Channel layout by ffprobe's name; null when the file does not declare it. */
  layout: string | null
  sampleRate: number
  /** Bits per second; null when the file does not declare it. */
  bitRate: number | null
  /** False for audio without a container, whose times are computed from the number of its packets. */
  hasStoredTimes: boolean
  /** Start in seconds from the start of the file. */
  startSeconds: number
  /** End in seconds from the start of the file; null when unknown. */
  endSeconds: number | null
  /** Describes times that jump or go back; null if there are none, or if that is unknown. */
  timeFault: TimeFault | null
}

/** Demuxers of audio without a container. It has no times, and ffprobe estimates its duration. */
export const UNTIMED_AUDIO: readonly string[] = ['mp3', 'aac']

export function readAudio(each: FfprobeStream, format: FfprobeOutput['format']): AudioStream {
  const formatStart = format.start_time ?? 0
  return {
    index: each.index ?? 0,
    codec: readCodec(each),
    channels: each.channels ?? 2,
    layout: readKnown(each.channel_layout),
    sampleRate: each.sample_rate ?? 48_000,
    bitRate: readBitRate(each),
    hasStoredTimes: !UNTIMED_AUDIO.includes(format.format_name),
    startSeconds: readStart(each, format),
    endSeconds: readEnd(each, formatStart),
    timeFault: null,
  }
}

/** @throws JobFailure `input_invalid` when the stream has no frame size */
export function readVideo(
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
    index: each.index ?? 0,
    codec: readCodec(each),
    pixelFormat: each.pix_fmt ?? 'unknown',
    ...readFrameSizes(each, { width, height }),
    rotated: isRotated(each),
    orientation: 1,
    interlaced: readInterlaced(each) === true,
    scan: null,
    hdr: readHdr(each) !== null,
    colour: readColour(each),
    inputOptions: [],
    frameRate: readFrameRate(each),
    peakFrameRate: readPeakFrameRate(each),
    frames: readFrameCount(each),
    bitRate: bitRate !== null && bitRate > 0 ? bitRate : null,
    startSeconds: readStart(each, format),
    endSeconds: readEnd(each, format.start_time ?? 0),
    hasWrongTimes: false,
    decodeDelaySeconds: null,
    timeFault: null,
  }
}

function readStart(each: FfprobeStream, { start_time: formatStart = 0 }: FfprobeOutput['format']) {
  return Math.max(0, (each.start_time ?? formatStart) - formatStart)
}

/**
 * Returns the end of a stream in seconds from the start of the file; null when unknown. A duration
 * in a tag is measured from time zero instead of from the start of the stream.
 */
function readEnd(each: FfprobeStream, formatStart: number): number | null {
  const declared = readDuration(each.duration)
  if (declared !== null) {
    return (each.start_time ?? 0) + declared - formatStart
  }
  const duration = readDurationTag(each)
  return duration === null ? null : duration - formatStart
}

/** Returns the decoding delay of a stream without presentation times, for `decodeDelaySeconds`. */
export function readDecodeDelay(stream: FfprobeStream): number {
  const frameRate = readPeakFrameRate(stream) ?? readFrameRate(stream)
  return frameRate === null ? 0 : (stream.has_b_frames ?? 0) / frameRate
}

/** Returns the end of the last stream; null when there is no stream, or an end is unknown. */
export function findLastEnd(
  streams: readonly ({ endSeconds: number | null } | null)[],
): number | null {
  const ends = streams.filter((each) => each !== null).map(({ endSeconds }) => endSeconds)
  const known = ends.filter((end) => end !== null)
  return known.length === 0 || known.length < ends.length ? null : Math.max(...known)
}

export function roundToMilliseconds(seconds: number): number {
  return Math.max(0, Math.round(seconds * 1e3) / 1e3)
}
