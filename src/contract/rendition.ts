/**
 * Renditions: transformations with every default filled in. A runner plans from a rendition and the
 * probe result of the source. The kind of a rendition determines its fields, and so the keys that a
 * caller may combine.
 */
import { z } from 'zod'
import { AUDIO_CODECS, VIDEO_CODECS } from './codecs.ts'
import { AUDIO_FORMATS, IMAGE_FORMATS, PREVIEW_FORMATS, VIDEO_FORMATS } from './formats.ts'
import { ENCODER_SPEEDS, GRAVITIES, RESIZE_MODES } from './keyValues.ts'

const pixels = z.int().min(2)
const seconds = z.number().nonnegative()
const share = z.number().min(0).max(1)
const path = z.string()
const rgb = z.string().regex(/^[0-9a-f]{6}$/)
const quality = z.union([z.int().min(1).max(100), z.literal('auto')])

const size = { width: pixels.nullable(), height: pixels.nullable() }
/** The size and layout of the frame. */
const frame = {
  ...size,
  resizeMode: z.enum(RESIZE_MODES),
  gravity: z.enum(GRAVITIES),
  focusX: share.nullable(),
  focusY: share.nullable(),
  background: z.union([rgb, z.literal('blur')]),
  quality,
}
/** Edits of any frame, in a video or an image. */
const edit = {
  rotate: z.literal([0, 90, 180, 270]),
  flip: z.enum(['none', 'h', 'v', 'hv']),
  watermark: path.nullable(),
  watermarkGravity: z.enum(GRAVITIES),
  watermarkSize: z.int().describe('Percent of the width of the frame'),
  watermarkOpacity: z.int().describe('Percent'),
}
/** Times of the source, before `speed` is applied. */
const range = { startSeconds: seconds, endSeconds: seconds.nullable() }
const time = {
  ...range,
  trimMode: z.enum(['exact', 'fast']),
  speed: z.number(),
  append: z.array(path),
}
const fades = { fadeInSeconds: seconds, fadeOutSeconds: seconds }
const audioFields = {
  audioCodec: z.enum(AUDIO_CODECS),
  audioKbps: z.int(),
  audioTrack: z.int().min(1),
  loudness: z.int().nullable().describe('LUFS without the minus sign: 23 is -23 LUFS'),
}
const encoder = {
  videoCodec: z.enum(VIDEO_CODECS),
  encoderSpeed: z.enum(ENCODER_SPEEDS),
  frameRate: z.number().nullable(),
}
const subtitleFields = { subtitles: path.nullable(), subtitleMode: z.enum(['track', 'burn']) }
const metadata = { metadata: z.enum(['strip', 'keep']) }

const video = z.object({
  kind: z.literal('video'),
  format: z.enum(VIDEO_FORMATS),
  ...frame,
  ...edit,
  ...time,
  ...fades,
  ...audioFields,
  ...encoder,
  ...subtitleFields,
  ...metadata,
  videoKbps: z.int().nullable().describe('Maximum bit rate of the video'),
  sizeKilobytes: z.int().nullable().describe('Target size of the file, in units of 1000 bytes'),
})
const stream = z.object({
  kind: z.literal('stream'),
  format: z.literal('hls'),
  ...edit,
  ...time,
  ...fades,
  ...audioFields,
  ...encoder,
  ...subtitleFields,
  quality,
  ladder: z
    .array(z.int())
    .describe('Short sides of the rungs, smallest first; empty for the default ladder'),
  segmentSeconds: z.int(),
})
const audio = z.object({
  kind: z.literal('audio'),
  format: z.enum(AUDIO_FORMATS),
  ...time,
  ...fades,
  ...audioFields,
  ...metadata,
})
const image = z.object({
  kind: z.literal('image'),
  format: z.enum(IMAGE_FORMATS),
  ...frame,
  ...edit,
  pick: z.enum(['at', 'best']),
  atSeconds: seconds,
})
const preview = z.object({
  kind: z.literal('preview'),
  format: z.enum(PREVIEW_FORMATS),
  ...frame,
  ...edit,
  ...range,
  speed: z.number(),
  frameRate: z.number().nullable(),
})
const sprite = z.object({
  kind: z.literal('sprite'),
  format: z.enum(IMAGE_FORMATS),
  ...size,
  quality,
  intervalSeconds: seconds.nullable(),
  columns: z.int(),
})
const wave = z.object({
  kind: z.literal('wave'),
  format: z.enum(IMAGE_FORMATS),
  ...size,
  ...range,
  background: rgb,
  waveformColor: rgb,
  audioTrack: z.int().min(1),
})
const probe = z.object({ kind: z.literal('probe'), format: z.literal('json') })

export const RENDITIONS = { video, stream, audio, image, preview, sprite, wave, probe } as const
export type Kind = keyof typeof RENDITIONS

export const rendition = z.discriminatedUnion('kind', [
  video,
  stream,
  audio,
  image,
  preview,
  sprite,
  wave,
  probe,
])
export type Rendition = z.infer<typeof rendition>
/** The type of the renditions of one or several kinds. */
export type RenditionOf<K extends Kind> = Extract<Rendition, { kind: K }>

/**
 * Returns the paths of the reference files of a rendition, without duplicates. An assignment lists
 * the files in this order, and a runner requests them by their index.
 */
export function listReferenceFiles(rendition: Rendition): string[] {
  const { append, watermark, subtitles } = rendition as Partial<RenditionOf<'video'>>
  const paths = [...(append ?? []), watermark, subtitles].filter((each) => typeof each === 'string')
  return [...new Set(paths)]
}

/** The kinds whose output is a package, each with the file that a player requests first. */
export const PACKAGE_ENTRY: Partial<Record<Kind, string>> = {
  stream: 'master.m3u8',
  sprite: 'sprite.vtt',
}
