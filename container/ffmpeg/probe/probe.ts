/**
 * Asks ffprobe what a file holds. Owns the reading of ffprobe's JSON; decides nothing about what to
 * do with the file, except that a file with nothing in it to read is a failure.
 */
import { z } from 'zod'
import type { MediaFacts } from '../../../src/contract/mediaFacts.ts'
import { JobFailure } from '../../failures.ts'
import { runFfprobe, type FfprobeOptions } from '../process/ffprobe.ts'
import { findRejectedSize } from '../process/classifyFailure.ts'
import { frameTooLarge } from '../process/limitErrors.ts'

const number = z.coerce.number().catch(Number.NaN)

const answer = z.object({
  format: z
    .object({ format_name: z.string(), duration: number, start_time: number, bit_rate: number })
    .partial({ duration: true, start_time: true, bit_rate: true }),
  streams: z.array(
    z.object({
      codec_type: z.string().optional(),
      codec_name: z.string().optional(),
      pix_fmt: z.string().optional(),
      width: z.int().optional(),
      height: z.int().optional(),
      sample_aspect_ratio: z.string().optional(),
      avg_frame_rate: z.string().optional(),
      nb_frames: number.optional(),
      field_order: z.string().optional(),
      color_space: z.string().optional(),
      color_primaries: z.string().optional(),
      color_transfer: z.string().optional(),
      color_range: z.string().optional(),
      channels: z.int().optional(),
      sample_rate: number.optional(),
      bit_rate: number.optional(),
      duration: number.optional(),
      start_time: number.optional(),
      disposition: z.record(z.string(), z.number()).optional(),
      tags: z.record(z.string(), z.string()).optional(),
      side_data_list: z.array(z.looseObject({ rotation: z.number().optional() })).optional(),
    }),
  ),
})
type Stream = z.infer<typeof answer>['streams'][number]

/** What the file says of its colours, in ffprobe's words; null where it says nothing. */
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
  /** The picture as it should be seen: upright, square pixels. */
  display: { width: number; height: number }
  /** The picture as ffmpeg hands it to the first filter: upright, pixels of whatever shape. */
  upright: { width: number; height: number }
  rotated: boolean
  interlaced: boolean
  /** PQ or HLG: needs tone mapping to be seen on an ordinary screen. */
  hdr: boolean
  colour: Colour
  frameRate: number | null
  /** How many pictures the file says that there are; null when it does not count them. */
  frames: number | null
  /** Bits a second; null when the file does not say and it cannot be derived. */
  bitRate: number | null
  /** When the last picture ends, in seconds from the start of the file. */
  endSeconds: number | null
}

export interface AudioStream {
  codec: string
  channels: number
  sampleRate: number
  /** Bits a second; null when the file does not say. */
  bitRate: number | null
}

export interface Probe {
  facts: MediaFacts
  video: VideoStream | null
  /** The first of `audios`. */
  audio: AudioStream | null
  /** The sound tracks, in the order of the file. */
  audioTracks: AudioStream[]
  /** Seconds from the start of the file to the end of its first video and audio streams. */
  contentSeconds: number | null
  /** The duration was written by whoever made the file, not measured: a cut file falls short of it. */
  durationIsDeclared: boolean
}

/**
 * @param question.sizeBytes of the file, for the facts
 * @throws JobFailure `input_invalid` when there is nothing in it to read, or as askFfprobe does
 */
export async function probe(question: FfprobeOptions & { sizeBytes: number }): Promise<Probe> {
  const { output, stderr } = await runFfprobe(question)
  const found = answer.safeParse(JSON.parse(output))
  if (!found.success) {
    throw new JobFailure('internal', 'ffprobe gave an answer that makes no sense.')
  }
  return readAnswer(found.data, question.sizeBytes, stderr)
}

function readAnswer(
  { format, streams }: z.infer<typeof answer>,
  sizeBytes: number,
  said: string,
): Probe {
  const still = (stream: Stream) =>
    stream.disposition?.['attached_pic'] === 1 || stream.disposition?.['timed_thumbnails'] === 1
  const videoStream = streams.find((stream) => stream.codec_type === 'video' && !still(stream))
  const audioStreams = streams.filter((stream) => stream.codec_type === 'audio')
  const audioTracks = audioStreams.map(readAudio)
  const [audioStream] = audioStreams
  if (videoStream === undefined && audioStream === undefined) {
    throw new JobFailure('input_invalid', 'The file holds no video and no audio.')
  }

  // A size that ffprobe refuses to decode it does not tell either.
  const refused = findRejectedSize(said)
  if (videoStream !== undefined && !videoStream.width && refused !== null) {
    throw frameTooLarge(refused)
  }

  const start = finite(format.start_time) ?? 0
  const duration = finite(format.duration)
  const ends = [videoStream, audioStream]
    .filter((stream) => stream !== undefined)
    .map((stream) => endOf(stream, start))
  const end = ends.some((each) => each === null) ? null : Math.max(...ends.map(Number))
  const audioRate = finite(audioStream?.bit_rate) ?? 0
  const totalRate = finite(format.bit_rate)
  const video =
    videoStream === undefined
      ? null
      : readVideo(videoStream, start, totalRate === null ? null : totalRate - audioRate)

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

function readAudio(stream: Stream): AudioStream {
  return {
    codec: stream.codec_name ?? 'unknown',
    channels: stream.channels ?? 2,
    sampleRate: finite(stream.sample_rate) ?? 48_000,
    bitRate: finite(stream.bit_rate) ?? finite(Number(stream.tags?.['BPS'])),
  }
}

function readVideo(stream: Stream, start: number, derivedRate: number | null): VideoStream | null {
  const { width, height } = stream
  if (width === undefined || height === undefined || width < 1 || height < 1) {
    throw new JobFailure('input_invalid', 'The file has a video stream without a picture size.')
  }
  const rotation = stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0
  const sideways = Math.abs(Math.round(rotation / 90)) % 2 === 1
  const pixelShape = ratio(stream.sample_aspect_ratio, ':') ?? 1
  const squareWidth = Math.max(1, Math.round(width * pixelShape))
  const bitRate = finite(stream.bit_rate) ?? finite(Number(stream.tags?.['BPS'])) ?? derivedRate
  return {
    codec: stream.codec_name ?? 'unknown',
    pixelFormat: stream.pix_fmt ?? 'unknown',
    display: sideways
      ? { width: height, height: squareWidth }
      : { width: squareWidth, height: height },
    upright: sideways ? { width: height, height: width } : { width, height },
    rotated: Math.round(rotation) !== 0,
    interlaced: ['tt', 'bb', 'tb', 'bt'].includes(stream.field_order ?? ''),
    hdr: ['smpte2084', 'arib-std-b67'].includes(stream.color_transfer ?? ''),
    colour: {
      matrix: said(stream.color_space),
      primaries: said(stream.color_primaries),
      transfer: said(stream.color_transfer),
      range: said(stream.color_range),
    },
    frameRate: ratio(stream.avg_frame_rate, '/'),
    frames: finite(stream.nb_frames),
    bitRate: bitRate !== null && bitRate > 0 ? bitRate : null,
    endSeconds: endOf(stream, start),
  }
}

/** Matroska has no duration of a stream but in a tag, counted from zero, as `hh:mm:ss.fff`. */
function endOf(stream: Stream, formatStart: number): number | null {
  const duration = finite(stream.duration)
  if (duration !== null) {
    return (finite(stream.start_time) ?? 0) + duration - formatStart
  }
  const tag = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(stream.tags?.['DURATION'] ?? '')
  if (tag === null) {
    return null
  }
  return Number(tag[1]) * 3600 + Number(tag[2]) * 60 + Number(tag[3]) - formatStart
}

/** ffprobe has several words for what a file leaves open. */
function said(word: string | undefined): string | null {
  return word === undefined || /^(unknown|unspecified|reserved)$/.test(word) ? null : word
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}

/** `25/1` or `4:3` as a number; null when it is not one, or not above zero. */
function ratio(text: string | undefined, separator: string): number | null {
  const [over, under] = (text ?? '').split(separator).map(Number)
  const value = (over ?? Number.NaN) / (under ?? Number.NaN)
  return Number.isFinite(value) && value > 0 ? value : null
}
