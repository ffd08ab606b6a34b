/**
 * The keys of transformations, each defined once: its short name (the property here), its long
 * name, its values and its description. Each key except `f`, `t` and `n` sets the rendition field
 * that has the key's long name.
 */
import type { z } from 'zod'
import { AUDIO_CODECS, VIDEO_CODECS } from './codecs.ts'
import { type Field, REQUEST_DEFAULTS } from './defaults.ts'
import { AUDIO_FORMATS, FORMATS, IMAGE_FORMATS, STREAM_FORMATS, VIDEO_FORMATS } from './formats.ts'
import * as values from './keyValues.ts'

const { integer, decimal, oneOf, inWords } = values

export interface KeyDefinition<
  Name extends string,
  Schema extends z.ZodType,
> extends values.Values<Schema> {
  /** The long name. The object form accepts it in place of the short name. */
  name: Name
  /** Summary, values and default, for OpenAPI and docs/media.md. */
  description: string
}

const fieldDefaults: Record<string, unknown> = { ...REQUEST_DEFAULTS.fields }
const COLOR_NAMES: Record<string, string> = { '000000': 'black', ffffff: 'white' }

/**
 * @param byDefault describes the default; null for no text. If absent, the text is the default of
 *   the field, if that is a string or a number
 */
function key<const Name extends string, Schema extends z.ZodType>(
  name: Name,
  accepted: values.Values<Schema>,
  summary: string,
  byDefault: string | null = describeDefault(fieldDefaults[name]),
): KeyDefinition<Name, Schema> {
  const { words } = accepted
  const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
  return {
    ...accepted,
    name,
    description: `${summary}. ${sentence}${byDefault === null ? '' : ` Default: ${byDefault}.`}`,
  }
}

function describeDefault(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number'
    ? (COLOR_NAMES[value] ?? String(value))
    : null
}

/** The codec of the default format, and the containers with another codec. */
function describeVideoCodecs(): string {
  const { formats, videoCodecs } = REQUEST_DEFAULTS
  const usual = videoCodecs[formats.video]
  const others = Object.entries(videoCodecs).filter(([, codec]) => codec !== usual)
  return [usual, ...others.map(([container, codec]) => `in ${container} ${codec}`)].join(', ')
}

const FORMAT_WORDS = `one of ${VIDEO_FORMATS.join(', ')} (video), ${STREAM_FORMATS.join(', ')} (stream), ${AUDIO_FORMATS.join(', ')} (audio), ${IMAGE_FORMATS.join(', ')} (image), gif (preview), json (result of a probe)`

/** In the order of the canonical form. */
export const KEY_DEFINITIONS = {
  w: key(
    'width',
    values.pixels,
    'Width in pixels',
    'follows from the height, or the width of the source; previews, storyboards and waveforms have other defaults',
  ),
  h: key(
    'height',
    values.pixels,
    'Height in pixels',
    'follows from the width, or the height of the source; previews, storyboards and waveforms have other defaults',
  ),
  c: key(
    'resizeMode',
    oneOf(values.RESIZE_MODES),
    'Resize mode, which fits the frame into the width and the height',
  ),
  g: key('gravity', oneOf(values.GRAVITIES), 'Part of the frame that is kept when it is cropped'),
  fx: key(
    'focusX',
    decimal(0, 1),
    'Point that is kept when the frame is cropped, as a share of the width from the left; requires that of the height too',
  ),
  fy: key(
    'focusY',
    decimal(0, 1),
    'Point that is kept when the frame is cropped, as a share of the height from the top; requires that of the width too',
  ),
  b: key('background', values.background, 'Color of the bars with c_pad, or behind a waveform'),
  q: key('quality', values.quality, 'Quality; one value looks about the same in all codecs'),
  p: key(
    'encoderSpeed',
    oneOf(values.ENCODER_SPEEDS),
    'Encoder speed: a slower encoder makes a smaller file',
  ),
  vc: key('videoCodec', oneOf(VIDEO_CODECS), 'Video codec', describeVideoCodecs()),
  br: key('videoKbps', integer(50, 100_000, 'kbit/s'), 'Maximum bit rate of the video'),
  sz: key(
    'sizeKilobytes',
    integer(50, 50_000_000, 'kB (1000 bytes)'),
    'Target size of the file; replaces quality and maximum bit rate',
  ),
  fps: key(
    'frameRate',
    decimal(1, 120),
    'Frames per second',
    'those of the source; in a preview at most 24 (MP4) or 10 (WebP, GIF)',
  ),
  ac: key(
    'audioCodec',
    oneOf(AUDIO_CODECS),
    'Audio codec; copy copies the track, none removes it',
    'the usual one of the container',
  ),
  ab: key('audioKbps', integer(16, 512, 'kbit/s'), 'Bit rate of the audio'),
  at: key('audioTrack', integer(1, 32), 'Number of the audio track'),
  ln: key(
    'loudness',
    integer(10, 31),
    'Loudness by EBU R128 as LUFS without the minus sign; broadcasting uses 23',
    'that of the source',
  ),
  so: key('startSeconds', values.seconds(), 'Start'),
  eo: key('endSeconds', values.seconds(), 'End, exclusive', 'the end of the source'),
  cut: key(
    'trimMode',
    oneOf(values.TRIM_MODES),
    'Start exactly at the start time, or fast at the key frame before it, without encoding',
  ),
  sp: key('speed', decimal(0.25, 4), 'Speed as a factor'),
  cat: key('append', values.appendedFiles, 'Files to append'),
  r: key('rotate', values.rotation, 'Clockwise rotation in degrees', 'none'),
  fl: key(
    'flip',
    oneOf(values.FLIPS),
    'Mirrors the frame: h left to right, v top to bottom, hv both',
  ),
  wm: key('watermark', values.referenceFile, 'Image file of the watermark'),
  wg: key('watermarkGravity', oneOf(values.GRAVITIES), 'Position of the watermark'),
  ws: key(
    'watermarkSize',
    integer(1, 100, 'percent of the width of the frame'),
    'Width of the watermark',
  ),
  wo: key('watermarkOpacity', integer(1, 100, 'percent'), 'Opacity of the watermark'),
  st: key('subtitles', values.referenceFile, 'Subtitles file in SRT or WebVTT'),
  sm: key(
    'subtitleMode',
    oneOf(values.SUBTITLE_MODES),
    'Subtitles as a track that players can switch on, or drawn (burned) into the frames',
  ),
  fi: key('fadeInSeconds', values.seconds(0, 60), 'Duration of the fade-in'),
  fo: key('fadeOutSeconds', values.seconds(0, 60), 'Duration of the fade-out'),
  md: key(
    'metadata',
    oneOf(values.METADATA_MODES),
    'Metadata such as titles, places, dates and device names',
  ),
  lad: key(
    'ladder',
    values.rungs,
    'Sizes of a stream, each as its short side in pixels',
    'chosen for the size of the source',
  ),
  sd: key('segmentSeconds', integer(2, 10, 'seconds'), 'Duration of the segments of a stream'),
  f: key(
    'format',
    inWords(oneOf(FORMATS), FORMAT_WORDS),
    'Format of the variant',
    `${REQUEST_DEFAULTS.formats.video}, or the first format of the requested kind of image`,
  ),
  t: key('thumbnail', values.thumbnail, 'Makes images or a preview instead of a video'),
  tt: key('atSeconds', values.seconds(), 'Time of the frame, with t_true or an image format'),
  si: key(
    'intervalSeconds',
    values.seconds(0.5, 3_600),
    'Interval between the frames of a storyboard',
    'such that there are at most 100 frames',
  ),
  sc: key(
    'columns',
    integer(1, 20),
    'Maximum number of columns, and of rows, of a storyboard sheet',
  ),
  wc: key('waveformColor', values.color, 'Color of a waveform'),
  n: key(
    'preset',
    values.presetName,
    'Named preset of the queue; other keys override those of the preset',
  ),
} as const

type Definitions = typeof KEY_DEFINITIONS
/** The short name of a key. */
export type Key = keyof Definitions
/** A key that sets the rendition field of its long name; `f`, `t` and `n` have other effects. */
export type FieldKey = Exclude<Key, 'f' | 't' | 'n'>

/** The short names, in the order of the canonical form. */
export const KEYS = Object.keys(KEY_DEFINITIONS) as Key[]
const NOT_FIELDS: readonly Key[] = ['f', 't', 'n']
export const FIELD_KEYS = KEYS.filter((key): key is FieldKey => !NOT_FIELDS.includes(key))

const SHORT_NAMES = new Map<string, Key>(
  KEYS.flatMap((key) => [
    [key, key],
    [KEY_DEFINITIONS[key].name, key],
  ]),
)

/** Returns the key with this short or long name; null if there is none. */
export function findKey(name: string): Key | null {
  return SHORT_NAMES.get(name) ?? null
}

/** Returns the rendition field that a key sets. */
export function readField(key: FieldKey): Field {
  return KEY_DEFINITIONS[key].name
}
