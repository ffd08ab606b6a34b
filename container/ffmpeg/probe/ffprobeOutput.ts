/**
 * Schema of ffprobe's JSON, and readers that turn its fields into values. Only `format_name` is
 * required. For a field that is absent or invalid, most readers return null. An absent rotation
 * counts as 0, and an absent pixel aspect ratio as square pixels.
 */
import { z } from 'zod'
import type { Size } from '../geometry.ts'

const text = z.string().optional().catch(undefined)
const number = z.coerce.number().optional().catch(undefined)

const sideData = z.array(z.looseObject({ rotation: number })).default([])

const streamSchema = z.object({
  index: number,
  codec_type: text,
  codec_name: text,
  codec_tag_string: text,
  profile: text,
  pix_fmt: text,
  width: number,
  height: number,
  sample_aspect_ratio: text,
  display_aspect_ratio: text,
  avg_frame_rate: text,
  r_frame_rate: text,
  nb_frames: number,
  has_b_frames: number,
  field_order: text,
  color_range: text,
  color_space: text,
  color_transfer: text,
  color_primaries: text,
  channels: number,
  channel_layout: text,
  sample_rate: number,
  bit_rate: number,
  duration: number,
  start_time: number,
  bits_per_raw_sample: number,
  disposition: z
    .object({ default: number, attached_pic: number, timed_thumbnails: number })
    .partial()
    .default({}),
  tags: z.record(z.string(), z.string()).default({}),
  side_data_list: sideData,
})
export type FfprobeStream = z.infer<typeof streamSchema>

export const ffprobeOutput = z.object({
  program_version: z.object({ version: z.string() }).optional(),
  format: z.object({
    format_name: z.string(),
    duration: number,
    start_time: number,
    bit_rate: number,
    tags: z.record(z.string(), z.string()).default({}),
  }),
  streams: z.array(streamSchema).default([]),
  chapters: z.array(z.unknown()).default([]),
  frames: z.array(z.object({ side_data_list: sideData })).default([]),
})
export type FfprobeOutput = z.infer<typeof ffprobeOutput>

/** Entries of a stream that both `probe.ts` and `probeDocument.ts` request. */
export const STREAM_ENTRIES = [
  'index',
  'codec_type',
  'codec_name',
  'codec_tag_string',
  'pix_fmt',
  'width',
  'height',
  'sample_aspect_ratio',
  'avg_frame_rate',
  'r_frame_rate',
  'nb_frames',
  'field_order',
  'color_range',
  'color_space',
  'color_transfer',
  'color_primaries',
  'channels',
  'channel_layout',
  'sample_rate',
  'bit_rate',
  'duration',
]

/** Returns true for a video stream that is only a cover image or thumbnails. */
export function isCoverImage({ disposition }: FfprobeStream): boolean {
  return disposition.attached_pic === 1 || disposition.timed_thumbnails === 1
}

/** Returns null for an absent value, and for the words that ffprobe prints for an unknown one. */
export function readKnown(word: string | undefined): string | null {
  return word === undefined || /^(unknown|unspecified|reserved|N\/A|)$/.test(word) ? null : word
}

/** Parses `25/1` or `4:3` as a number; null when it is not a number above zero. */
export function parseRatio(ratio: string | undefined, separator: '/' | ':'): number | null {
  const [numerator, denominator] = (ratio ?? '').split(separator).map(Number)
  const value = (numerator ?? Number.NaN) / (denominator ?? Number.NaN)
  return Number.isFinite(value) && value > 0 ? value : null
}

/** Average frames per second. */
export function readFrameRate(stream: FfprobeStream): number | null {
  return parseRatio(stream.avg_frame_rate, '/')
}

/**
 * ffprobe's `r_frame_rate`: its estimate of the lowest frame rate with which all timestamps can be
 * represented. In a file with a variable frame rate it is above the average.
 */
export function readPeakFrameRate(stream: FfprobeStream): number | null {
  return parseRatio(stream.r_frame_rate, '/')
}

/** Number of frames that the file declares. */
export function readFrameCount({ nb_frames, tags }: FfprobeStream): number | null {
  return nb_frames ?? parseNumber(tags['NUMBER_OF_FRAMES'])
}

/** Returns a duration in seconds; null when it is absent or not above zero. */
export function readDuration(seconds: number | null | undefined): number | null {
  return seconds != null && seconds > 0 ? seconds : null
}

/**
 * Returns the name of the codec; for a codec that ffmpeg does not know, the codec tag of the file,
 * or `unknown` if the tag is not readable.
 */
export function readCodec(stream: FfprobeStream): string {
  return readKnown(stream.codec_name) ?? readCodecTag(stream) ?? 'unknown'
}

/** Returns null for a codec tag that is not readable. */
export function readCodecTag({ codec_tag_string }: FfprobeStream): string | null {
  return /^[\w .-]{2,8}$/.exec(codec_tag_string ?? '')?.[0] ?? null
}

/** Bits per second that the file declares. Matroska files can declare them in a tag. */
export function readBitRate({ bit_rate, tags }: FfprobeStream): number | null {
  return bit_rate ?? parseNumber(tags['BPS'])
}

/**
 * Reads the duration in seconds from a tag of Matroska streams, which has the form `hh:mm:ss.fff`.
 */
export function readDurationTag({ tags }: FfprobeStream): number | null {
  const [, hours, minutes, seconds] =
    /^(\d{1,6}):(\d\d):(\d\d(?:\.\d+)?)$/.exec(tags['DURATION'] ?? '') ?? []
  if (seconds === undefined) {
    return null
  }
  return readDuration(Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds))
}

/**
 * Returns the clockwise rotation that a player applies, in degrees, rounded to a multiple of 90.
 */
export function readRotation(stream: FfprobeStream): 0 | 90 | 180 | 270 {
  // ffprobe states the rotation counter-clockwise.
  const quarters = Math.round(-storedRotation(stream) / 90)
  return ((((quarters * 90) % 360) + 360) % 360) as 0 | 90 | 180 | 270
}

/** Returns true when the file declares a rotation, even if it is not a multiple of 90 degrees. */
export function isRotated(stream: FfprobeStream): boolean {
  return Math.round(storedRotation(stream)) !== 0
}

function storedRotation({ side_data_list }: FfprobeStream): number {
  return side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0
}

/**
 * @param stored frame size before rotation
 * @returns `upright`: size in pixels after rotation; `display`: size at which a player shows the
 *   frame, after rotation and scaling to square pixels
 */
export function readFrameSizes(
  stream: FfprobeStream,
  stored: Size,
): { upright: Size; display: Size } {
  const { width, height } = stored
  const pixelAspectRatio = parseRatio(stream.sample_aspect_ratio, ':') ?? 1
  const squareWidth = Math.max(1, Math.round(width * pixelAspectRatio))
  const isSideways = readRotation(stream) % 180 !== 0
  return {
    upright: isSideways ? { width: height, height: width } : { width, height },
    display: isSideways ? { width: height, height: squareWidth } : { width: squareWidth, height },
  }
}

/** Returns null when the file does not state a field order. */
export function readInterlaced({ field_order }: FfprobeStream): boolean | null {
  const fieldOrder = readKnown(field_order)
  return fieldOrder === null ? null : ['tt', 'bb', 'tb', 'bt'].includes(fieldOrder)
}

/** Transfer function of an HDR stream; null for other streams. */
export function readHdr({ color_transfer }: FfprobeStream): 'pq' | 'hlg' | null {
  switch (color_transfer) {
    case 'smpte2084':
      return 'pq'
    case 'arib-std-b67':
      return 'hlg'
    default:
      return null
  }
}

function parseNumber(tag: string | undefined): number | null {
  const value = Number(tag)
  return tag !== undefined && Number.isFinite(value) ? value : null
}
