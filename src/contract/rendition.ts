/**
 * A variant with nothing left open: a transformation with every default filled in, which is all
 * that a runner plans from, beside the source's facts. The kind says which fields there are, and so
 * which keys a caller may use together.
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
/** How the picture is laid out. */
const frame = {
  ...size,
  resizeMode: z.enum(RESIZE_MODES),
  gravity: z.enum(GRAVITIES),
  focusX: share.nullable(),
  focusY: share.nullable(),
  background: z.union([rgb, z.literal('blur')]),
  quality,
}
/** What is done to any picture, moving or not. */
const edit = {
  rotate: z.literal([0, 90, 180, 270]),
  flip: z.enum(['none', 'h', 'v', 'hv']),
  watermark: path.nullable(),
  watermarkGravity: z.enum(GRAVITIES),
  watermarkSize: z.int().describe('Percent of the width of the picture'),
  watermarkOpacity: z.int().describe('Percent'),
}
/** Offsets are in the source's own time, before `speed`. */
const range = { startSeconds: seconds, endSeconds: seconds.nullable() }
const time = {
  ...range,
  trimMode: z.enum(['exact', 'fast']),
  speed: z.number(),
  append: z.array(path),
}
const fades = { fadeInSeconds: seconds, fadeOutSeconds: seconds }
const sound = {
  audioCodec: z.enum(AUDIO_CODECS),
  audioKbps: z.int(),
  audioTrack: z.int().min(1),
  loudness: z.int().nullable().describe('LUFS below full scale, so 23 is -23 LUFS'),
}
const encoder = {
  videoCodec: z.enum(VIDEO_CODECS),
  encoderSpeed: z.enum(ENCODER_SPEEDS),
  frameRate: z.number().nullable(),
}
const captions = { subtitles: path.nullable(), subtitleMode: z.enum(['track', 'burn']) }
const metadata = { metadata: z.enum(['strip', 'keep']) }

const video = z.object({
  kind: z.literal('video'),
  format: z.enum(VIDEO_FORMATS),
  ...frame,
  ...edit,
  ...time,
  ...fades,
  ...sound,
  ...encoder,
  ...captions,
  ...metadata,
  videoKbps: z.int().nullable().describe('The most that the picture takes'),
  sizeKilobytes: z.int().nullable().describe('What the file is to measure, in 1000 bytes'),
})
const stream = z.object({
  kind: z.literal('stream'),
  format: z.literal('hls'),
  ...edit,
  ...time,
  ...fades,
  ...sound,
  ...encoder,
  ...captions,
  quality,
  ladder: z.array(z.int()).describe('Short sides, smallest first; none: by the source'),
  segmentSeconds: z.int(),
})
const audio = z.object({
  kind: z.literal('audio'),
  format: z.enum(AUDIO_FORMATS),
  ...time,
  ...fades,
  ...sound,
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
/** The renditions of one kind, or of several. */
export type RenditionOf<K extends Kind> = Extract<Rendition, { kind: K }>

/**
 * The stored files that a rendition is made of besides its own, each once, in the order in which an
 * assignment lists them and a runner asks for them.
 */
export function listReferenceFiles(rendition: Rendition): string[] {
  const { append, watermark, subtitles } = rendition as Partial<RenditionOf<'video'>>
  const paths = [...(append ?? []), watermark, subtitles].filter((each) => typeof each === 'string')
  return [...new Set(paths)]
}

/** Variants of several files under one folder, and the file by which a player begins. */
export const PACKAGE_ENTRY: Partial<Record<Kind, string>> = {
  stream: 'master.m3u8',
  sprite: 'sprite.vtt',
}
