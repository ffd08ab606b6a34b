/**
 * From ffprobe's answer to the document that describes a file. Owns what each of ffprobe's words
 * means there. All of it comes from the file, so every text is cut and every number checked.
 */
import { z } from 'zod'
import { type ProbeDocument } from '../../../src/contract/probe.ts'
import { bitDepth } from './pixelFormat.ts'
import type { FrameTiming } from './frameTiming.ts'

const MAX_CHARACTERS = 500
const MAX_TAGS = 50
const MAX_TAG_NAME = 100
/** What ffmpeg makes tags of that were none: MP4's brands. */
const BRANDS = ['major_brand', 'minor_version', 'compatible_brands']

/** What is asked of a file for its document; tags apart, since they may have no end. */
export const DOCUMENT_ENTRIES = [
  'format=format_name,duration,start_time,bit_rate',
  [
    'stream=index,codec_type,codec_name,profile,pix_fmt,width,height,sample_aspect_ratio',
    'display_aspect_ratio,avg_frame_rate,nb_frames,field_order,color_range,color_space',
    'color_transfer,color_primaries,channels,channel_layout,sample_rate,bit_rate,duration',
    'bits_per_raw_sample',
  ].join(),
  'stream_disposition=default',
  'stream_tags=BPS,DURATION,NUMBER_OF_FRAMES,language',
  'stream_side_data=rotation',
  'chapter=id',
].join(':')
export const TAG_ENTRIES = 'format_tags'

const text = z.string().optional().catch(undefined)
const number = z.coerce.number().optional().catch(undefined)
const stream = z.object({
  index: z.int(),
  codec_type: text,
  codec_name: text,
  profile: text,
  pix_fmt: text,
  width: number,
  height: number,
  sample_aspect_ratio: text,
  display_aspect_ratio: text,
  avg_frame_rate: text,
  nb_frames: number,
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
  bits_per_raw_sample: number,
  disposition: z.object({ default: number }).default({}),
  tags: z.record(z.string(), z.string()).default({}),
  side_data_list: z.array(z.looseObject({ rotation: number })).default([]),
})
type Stream = z.infer<typeof stream>
type Described = ProbeDocument['streams'][number]

export const documentAnswer = z.object({
  format: z.object({
    format_name: z.string(),
    duration: number,
    start_time: number,
    bit_rate: number,
  }),
  streams: z.array(stream),
  chapters: z.array(z.unknown()).default([]),
})
export const tagsAnswer = z.object({
  format: z.object({ tags: z.record(z.string(), z.string()).default({}) }).default({ tags: {} }),
})

/** @param spacing of the pictures of the first video stream that is no cover */
export function describeStreams(
  streams: readonly Stream[],
  spacing: FrameTiming | null,
): Described[] {
  const first = streams.find(({ codec_type }) => codec_type === 'video')
  return streams.map((each) => {
    const common = commonOf(each)
    switch (each.codec_type) {
      case 'video':
        return { type: 'video', ...common, ...pictureOf(each, each === first ? spacing : null) }
      case 'audio':
        return {
          type: 'audio',
          ...common,
          channels: whole(each.channels),
          channelLayout: said(each.channel_layout),
          sampleRate: whole(each.sample_rate),
        }
      case 'subtitle':
      case 'attachment':
        return { type: each.codec_type, ...common }
      default:
        return { type: 'data', ...common }
    }
  })
}

function commonOf(each: Stream) {
  const language = said(each.tags['language'])
  return {
    index: each.index,
    codec: said(each.codec_name),
    profile: said(each.profile),
    language: language === 'und' ? null : language,
    default: each.disposition.default === 1,
    durationSeconds: positive(each.duration) ?? clock(each.tags['DURATION']),
    bitRate: whole(each.bit_rate) ?? whole(Number(each.tags['BPS'] ?? Number.NaN)),
  }
}

function pictureOf(each: Stream, spacing: FrameTiming | null) {
  const [width, height] = [whole(each.width), whole(each.height)]
  const turn = each.side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0
  // ffprobe counts the other way round.
  const rotation = ((((Math.round(-turn / 90) * 90) % 360) + 360) % 360) as 0 | 90 | 180 | 270
  const shape = ratio(each.sample_aspect_ratio, ':') ?? 1
  const square = width === null ? null : Math.max(1, Math.round(width * shape))
  const sideways = rotation % 180 !== 0
  const pixelFormat = said(each.pix_fmt)
  const frameRate = ratio(each.avg_frame_rate, '/')
  const fieldOrder = said(each.field_order)
  return {
    width,
    height,
    rotation,
    pixelFormat,
    fieldOrder,
    displayWidth: sideways ? height : square,
    displayHeight: sideways ? square : height,
    bitDepth: bitDepth(pixelFormat) ?? (whole(each.bits_per_raw_sample) || null),
    frameRate: thousandths(frameRate),
    variableFrameRate: varies(frameRate, spacing),
    frames: whole(each.nb_frames) ?? whole(Number(each.tags['NUMBER_OF_FRAMES'] ?? Number.NaN)),
    sampleAspectRatio: shapeOf(each.sample_aspect_ratio),
    displayAspectRatio: shapeOf(each.display_aspect_ratio),
    interlaced: fieldOrder === null ? null : /^(tt|bb|tb|bt)$/.test(fieldOrder),
    color: {
      range: said(each.color_range),
      space: said(each.color_space),
      transfer: said(each.color_transfer),
      primaries: said(each.color_primaries),
      hdr: HDR[each.color_transfer ?? ''] ?? null,
    },
    keyframeIntervalSeconds: thousandths(spacing?.keyframeIntervalSeconds),
  }
}

const HDR: Record<string, 'pq' | 'hlg'> = { smpte2084: 'pq', 'arib-std-b67': 'hlg' }
/** By how much the average over all may be off what is usual at the start, in an even stream. */
const EVEN = 0.03

function varies(frameRate: number | null, spacing: FrameTiming | null): boolean | null {
  if (spacing?.isUneven == null || spacing.typicalSeconds === null) {
    return null
  }
  const drift = frameRate === null ? 0 : Math.abs(frameRate * spacing.typicalSeconds - 1)
  return spacing.isUneven || drift > EVEN
}

/** The tags of the container, of which a file may have any number, of any length. */
export function describeTags(tags: Record<string, string>): Record<string, string> {
  const kept = Object.entries(tags)
    .filter(([name]) => !BRANDS.includes(name) && name.length <= MAX_TAG_NAME)
    .slice(0, MAX_TAGS)
  return Object.fromEntries(kept.map(([name, value]) => [name, cutText(value)]))
}

function cutText(value: string): string {
  return value.slice(0, MAX_CHARACTERS).toWellFormed()
}

/** ffprobe has several words for what a file leaves open. */
function said(word: string | undefined): string | null {
  return word === undefined || /^(unknown|unspecified|reserved|N\/A|)$/.test(word)
    ? null
    : cutText(word)
}

export function positive(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : null
}

export function whole(value: number | undefined): number | null {
  const rounded = positive(value)
  return rounded === null || rounded > Number.MAX_SAFE_INTEGER ? null : Math.round(rounded)
}

function thousandths(value: number | null | undefined): number | null {
  return value == null ? null : Math.round(value * 1_000) / 1_000
}

/** `0:1` is how ffprobe says that nobody knows. */
function shapeOf(text: string | undefined): string | null {
  return ratio(text, ':') === null || !/^\d{1,9}:\d{1,9}$/.test(text ?? '') ? null : (text ?? null)
}

function ratio(text: string | undefined, separator: string): number | null {
  const [over, under] = (text ?? '').split(separator).map(Number)
  const value = (over ?? Number.NaN) / (under ?? Number.NaN)
  return Number.isFinite(value) && value > 0 ? value : null
}

function clock(tag: string | undefined): number | null {
  const [, hours, minutes, seconds] = /^(\d{1,6}):(\d\d):(\d\d(?:\.\d+)?)$/.exec(tag ?? '') ?? []
  if (seconds === undefined) {
    return null
  }
  return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)
}
