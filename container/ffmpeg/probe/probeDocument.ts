/**
 * Builds the document that describes a file (`f_json`) from ffprobe's output. The values come from
 * an untrusted file, so texts are truncated and numbers are checked.
 */
import { z } from 'zod'
import { type ProbeDocument } from '../../../src/contract/probe.ts'
import {
  type FfprobeStream,
  parseRatio,
  readBitRate,
  readDuration,
  readDurationTag,
  readFrameCount,
  readFrameRate,
  readFrameSizes,
  readHdr,
  readInterlaced,
  readKnown,
  readRotation,
  STREAM_ENTRIES,
} from './ffprobeOutput.ts'
import type { FrameTiming } from './frameTiming.ts'
import { readBitDepth } from './pixelFormat.ts'

const MAX_TEXT_CHARACTERS = 500
const MAX_TAGS = 50
const MAX_TAG_NAME_CHARACTERS = 100
/** Brands of MP4, which ffprobe lists among the tags. */
const BRAND_TAGS = ['major_brand', 'minor_version', 'compatible_brands']
/** Maximum relative difference of the average frame rate from that of the first seconds. */
const MAX_FRAME_RATE_DRIFT = 0.03

/**
 * Entries of the document, except the tags of the container. These may have any length, so they are
 * read separately.
 */
export const DOCUMENT_ENTRIES = [
  'format=format_name,duration,start_time,bit_rate',
  `stream=${[...STREAM_ENTRIES, 'profile', 'display_aspect_ratio', 'bits_per_raw_sample'].join(
    ',',
  )}`,
  'stream_disposition=default',
  'stream_tags=BPS,DURATION,NUMBER_OF_FRAMES,language',
  'stream_side_data=rotation',
  'chapter=id',
].join(':')
export const TAG_ENTRIES = 'format_tags'

/** Schema of ffprobe's output for `TAG_ENTRIES`. */
export const tagOutput = z.object({
  format: z.object({ tags: z.record(z.string(), z.string()).default({}) }).default({ tags: {} }),
})

type StreamDocument = ProbeDocument['streams'][number]

/** @param measured frame timing of one video stream, by its number */
export function describeStreams(
  streams: readonly FfprobeStream[],
  measured: { index: number; frameTiming: FrameTiming } | null,
): StreamDocument[] {
  return streams.map((each, index) => {
    const common = describeStream(each, index)
    switch (each.codec_type) {
      case 'video':
        return {
          type: 'video',
          ...common,
          ...describeVideo(
            each,
            measured !== null && each.index === measured.index ? measured.frameTiming : null,
          ),
        }
      case 'audio':
        return {
          type: 'audio',
          ...common,
          channels: toWholeNumber(each.channels),
          channelLayout: readText(each.channel_layout),
          sampleRate: toWholeNumber(each.sample_rate),
        }
      case 'subtitle':
      case 'attachment':
        return { type: each.codec_type, ...common }
      default:
        return { type: 'data', ...common }
    }
  })
}

function describeStream(each: FfprobeStream, index: number) {
  const language = readText(each.tags['language'])
  return {
    index: toWholeNumber(each.index) ?? index,
    codec: readText(each.codec_name),
    profile: readText(each.profile),
    language: language === 'und' ? null : language,
    default: each.disposition.default === 1,
    durationSeconds: readDuration(each.duration) ?? readDurationTag(each),
    bitRate: toWholeNumber(readBitRate(each)),
  }
}

function describeVideo(each: FfprobeStream, frameTiming: FrameTiming | null) {
  const width = toWholeNumber(each.width)
  const height = toWholeNumber(each.height)
  const hasSize = width !== null && height !== null
  const display = hasSize ? readFrameSizes(each, { width, height }).display : null
  const pixelFormat = readText(each.pix_fmt)
  const frameRate = readFrameRate(each)
  return {
    width,
    height,
    rotation: readRotation(each),
    pixelFormat,
    fieldOrder: readText(each.field_order),
    displayWidth: display?.width ?? null,
    displayHeight: display?.height ?? null,
    bitDepth: readBitDepth(pixelFormat) ?? (toWholeNumber(each.bits_per_raw_sample) || null),
    frameRate: roundToThousandths(frameRate),
    variableFrameRate: hasVariableFrameRate(frameRate, frameTiming),
    frames: toWholeNumber(readFrameCount(each)),
    sampleAspectRatio: readAspectRatio(each.sample_aspect_ratio),
    displayAspectRatio: readAspectRatio(each.display_aspect_ratio),
    interlaced: readInterlaced(each),
    color: {
      range: readText(each.color_range),
      space: readText(each.color_space),
      transfer: readText(each.color_transfer),
      primaries: readText(each.color_primaries),
      hdr: readHdr(each),
    },
    keyframeIntervalSeconds: roundToThousandths(frameTiming?.keyframeIntervalSeconds),
  }
}

/** Returns null when the frame timing is unknown. */
function hasVariableFrameRate(
  frameRate: number | null,
  frameTiming: FrameTiming | null,
): boolean | null {
  if (frameTiming?.isUneven == null || frameTiming.typicalSeconds === null) {
    return null
  }
  const drift = frameRate === null ? 0 : Math.abs(frameRate * frameTiming.typicalSeconds - 1)
  return frameTiming.isUneven || drift > MAX_FRAME_RATE_DRIFT
}

/** Returns the tags of the container, limited in number and length. */
export function describeTags(tags: Record<string, string>): Record<string, string> {
  const entries = Object.entries(tags)
    .filter(([name]) => !BRAND_TAGS.includes(name) && name.length <= MAX_TAG_NAME_CHARACTERS)
    .slice(0, MAX_TAGS)
  return Object.fromEntries(entries.map(([name, value]) => [name, truncate(value)]))
}

function readText(word: string | undefined): string | null {
  const known = readKnown(word)
  return known === null ? null : truncate(known)
}

function truncate(value: string): string {
  return value.slice(0, MAX_TEXT_CHARACTERS).toWellFormed()
}

/** Returns null for a number that is absent, infinite or below zero. */
export function toNonNegative(value: number | null | undefined): number | null {
  return value != null && Number.isFinite(value) && value >= 0 ? value : null
}

/** Rounds a number; null if it is absent, below zero, or too large to be exact. */
export function toWholeNumber(value: number | null | undefined): number | null {
  const valid = toNonNegative(value)
  return valid === null || valid > Number.MAX_SAFE_INTEGER ? null : Math.round(valid)
}

function roundToThousandths(value: number | null | undefined): number | null {
  return value == null ? null : Math.round(value * 1_000) / 1_000
}

/** Returns the ratio in ffprobe's form; null if it is invalid, or `0:1`, which means unknown. */
function readAspectRatio(ratio: string | undefined): string | null {
  const isValid = /^\d{1,9}:\d{1,9}$/.test(ratio ?? '') && parseRatio(ratio, ':') !== null
  return isValid && ratio !== undefined ? ratio : null
}
