/**
 * Defaults of transformations, one table for each grammar version.
 *
 * The stored name of a variant leaves out the fields that have their default. Names are therefore
 * written and read with the defaults of version 1, so that a later version cannot change the
 * meaning of a stored name. Requests are read with the newest version.
 */
import type { AudioCodec, Container, VideoCodec } from './codecs.ts'
import type { Kind, Rendition, RenditionOf } from './rendition.ts'

type KeysOf<R> = R extends unknown ? keyof R : never
/** The fields of all renditions, except `kind`, `format` and `pick`. */
export type Field = Exclude<KeysOf<Rendition>, 'kind' | 'format' | 'pick'>

type AnyRendition = RenditionOf<'video'> &
  Omit<RenditionOf<'stream'>, 'kind' | 'format'> &
  Pick<RenditionOf<'image'>, 'atSeconds'> &
  Pick<RenditionOf<'sprite'>, 'intervalSeconds' | 'columns'> &
  Pick<RenditionOf<'wave'>, 'waveformColor'>
type Fields = Pick<AnyRendition, Exclude<Field, 'videoCodec' | 'audioCodec'>>

export interface GrammarDefaults {
  fields: Readonly<Fields>
  /** The default format of each kind of rendition. */
  formats: Readonly<{ [K in Kind]: RenditionOf<K>['format'] }>
  /** The containers that are not listed are those of audio files. */
  videoCodecs: Readonly<Partial<Record<Container, VideoCodec>>>
  audioCodecs: Readonly<Record<Container, AudioCodec>>
}

/** Never change an existing entry. The default that is added for a new key must have no effect. */
const VERSION_1: GrammarDefaults = {
  fields: {
    width: null,
    height: null,
    resizeMode: 'fill',
    gravity: 'center',
    focusX: null,
    focusY: null,
    background: '000000',
    quality: 60,
    encoderSpeed: 'balanced',
    videoKbps: null,
    sizeKilobytes: null,
    frameRate: null,
    audioKbps: 128,
    audioTrack: 1,
    loudness: null,
    startSeconds: 0,
    endSeconds: null,
    trimMode: 'exact',
    speed: 1,
    append: [],
    rotate: 0,
    flip: 'none',
    watermark: null,
    watermarkGravity: 'south_east',
    watermarkSize: 15,
    watermarkOpacity: 100,
    subtitles: null,
    subtitleMode: 'track',
    fadeInSeconds: 0,
    fadeOutSeconds: 0,
    metadata: 'strip',
    ladder: [],
    segmentSeconds: 4,
    atSeconds: 0,
    intervalSeconds: null,
    columns: 10,
    waveformColor: 'ffffff',
  },
  formats: {
    video: 'mp4',
    stream: 'hls',
    audio: 'm4a',
    image: 'jpg',
    preview: 'webp',
    sprite: 'jpg',
    wave: 'png',
    probe: 'json',
  },
  videoCodecs: { mp4: 'h264', mov: 'h264', mkv: 'h264', webm: 'vp9', hls: 'h264' },
  audioCodecs: {
    mp4: 'aac',
    mov: 'aac',
    mkv: 'aac',
    webm: 'opus',
    hls: 'aac',
    m4a: 'aac',
    mp3: 'mp3',
    opus: 'opus',
    wav: 'pcm',
  },
}

/**
 * The defaults of every grammar version, the first version first. To change a default, append a
 * copy of the newest table with the change.
 */
export const GRAMMAR_VERSIONS: readonly [GrammarDefaults, ...GrammarDefaults[]] = [VERSION_1]

/** The defaults of grammar version 1, with which the names of variants are written and read. */
export const NAME_DEFAULTS: GrammarDefaults = GRAMMAR_VERSIONS[0]
/** The defaults of the newest grammar version, with which requests are read. */
export const REQUEST_DEFAULTS: GrammarDefaults = GRAMMAR_VERSIONS.at(-1)!

/** Returns the default of every field, for a rendition of this format. */
export function fieldDefaults(
  format: Rendition['format'],
  { fields, formats, videoCodecs, audioCodecs }: GrammarDefaults,
): Record<Field, unknown> {
  const codecs: Record<string, unknown> = { ...videoCodecs }
  const audio: Record<string, unknown> = { ...audioCodecs }
  return {
    ...fields,
    videoCodec: codecs[format] ?? codecs[formats.video],
    audioCodec: audio[format] ?? 'none',
  }
}

/** True if two values of a field are equal; lists are compared by their elements. */
export function isSameValue(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/**
 * Returns the fields of a rendition that differ from their default of grammar version 1. A field
 * without a default in version 1 is returned too. The rules for stream copy use the result.
 */
export function changedFields(rendition: Rendition): ReadonlySet<Field> {
  const { kind: _kind, format, ...fields } = rendition
  const defaults: Record<string, unknown> = {
    ...fieldDefaults(format, NAME_DEFAULTS),
    pick: 'at',
  }
  const changed = Object.entries(fields).filter(
    ([field, value]) => !isSameValue(value, defaults[field]),
  )
  return new Set(changed.map(([field]) => field as Field))
}
