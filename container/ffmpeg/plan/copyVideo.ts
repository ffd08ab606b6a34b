/** Rules for stream copying video, each with the reason to encode instead. */
import { PROBED_VIDEO_CODECS } from '../../../src/contract/codecs.ts'
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import { isSameSize, type Size } from '../geometry.ts'
import { DEFAULT_FRAME_RATE } from '../edit/steps/frameRate.ts'
import { minBitsPerPixelToEncode } from '../encode/quality.ts'
import type { VideoStream } from '../probe/probe.ts'
import { type CopyRules, findCopyObstacle, TIME_RULES } from './copyRules.ts'

type Video = RenditionOf<'video'>

/** Properties of the source and of the output that the rules compare. */
export interface VideoCopySource {
  video: VideoStream
  /** Size of the output. */
  size: Size
  /** From 1 to 100. `auto` is already resolved. */
  quality: number
  /** Size of the source file. */
  sizeBytes: number
  /** True when only a part of the file is used. */
  isPartial: boolean
}

const FRAME_RATE_TOLERANCE = 0.01

const VIDEO_RULES: CopyRules<Video, VideoCopySource> = {
  ...TIME_RULES,
  rotate: 'the video is rotated',
  flip: 'the video is mirrored',
  watermark: 'a watermark is added',
  subtitles: ({ subtitles, subtitleMode }) =>
    subtitles !== null && subtitleMode === 'burn' ? 'subtitles are burned in' : null,
  videoCodec: (rendition, { video }) =>
    compareCodec(rendition, video) ?? findUnplayableProperty(video),
  width: compareSize,
  frameRate: compareFrameRate,
  sizeKilobytes: compareFileSize,
  videoKbps: compareBitRate,
  quality: compareQuality,
  // Covered by the rules for videoCodec, width, watermark and subtitles.
  format: null,
  height: null,
  resizeMode: null,
  gravity: null,
  focusX: null,
  focusY: null,
  background: null,
  watermarkGravity: null,
  watermarkSize: null,
  watermarkOpacity: null,
  subtitleMode: null,
  // These fields do not change the frames.
  kind: null,
  encoderSpeed: null,
  audioCodec: null,
  audioKbps: null,
  audioTrack: null,
  loudness: null,
  metadata: null,
}

/** Returns why the video must be encoded; null when it can be copied. */
export function findVideoObstacle(rendition: Video, source: VideoCopySource): string | null {
  return findCopyObstacle(rendition, source, VIDEO_RULES)
}

/** For WebM, a VP8 track is copied too. */
function compareCodec({ videoCodec, format }: Video, { codec }: VideoStream): string | null {
  const accepted = [PROBED_VIDEO_CODECS[videoCodec], ...(format === 'webm' ? ['vp8'] : [])]
  return accepted.includes(codec) ? null : `${codec} becomes ${videoCodec}`
}

function findUnplayableProperty(video: VideoStream): string | null {
  if (video.pixelFormat !== 'yuv420p') {
    return `the pixel format is ${video.pixelFormat}, not yuv420p`
  }
  if (video.hdr) {
    return 'the video is HDR'
  }
  if (video.hasWrongTimes || video.timeFault !== null) {
    return 'some of its timestamps are wrong'
  }
  if (video.decodeDelaySeconds !== null) {
    return 'the file does not state when each frame is shown'
  }
  if (video.interlaced) {
    return video.scan?.type === 'telecine' ? 'the video is telecined' : 'the video is interlaced'
  }
  return video.rotated ? 'the video is stored rotated' : null
}

function compareSize(_: Video, { size, video }: VideoCopySource): string | null {
  if (!isSameSize(size, video.upright)) {
    return `the size becomes ${size.width} by ${size.height}`
  }
  return isSameSize(video.display, video.upright) ? null : 'the pixels are not square'
}

function compareFrameRate({ frameRate }: Video, { video }: VideoCopySource): string | null {
  const isSame =
    frameRate === null || Math.abs(frameRate - (video.frameRate ?? 0)) <= FRAME_RATE_TOLERANCE
  return isSame ? null : `the frame rate becomes ${frameRate}`
}

function compareFileSize({ sizeKilobytes }: Video, source: VideoCopySource): string | null {
  const isSmall =
    sizeKilobytes === null || (!source.isPartial && source.sizeBytes <= sizeKilobytes * 1000)
  return isSmall ? null : `a file size of ${sizeKilobytes} kB is requested`
}

function compareBitRate({ videoKbps }: Video, { video }: VideoCopySource): string | null {
  const isLow = videoKbps === null || (video.bitRate ?? Infinity) <= videoKbps * 1000
  return isLow ? null : `the bit rate is limited to ${videoKbps} kbit/s`
}

/** Skips the comparison if a file size is requested, because the size replaces the quality. */
function compareQuality({ sizeKilobytes }: Video, source: VideoCopySource): string | null {
  if (sizeKilobytes !== null) {
    return null
  }
  const { video, size, quality } = source
  if (video.bitRate === null) {
    return 'the bit rate of the video is unknown'
  }
  const pixelsPerSecond = size.width * size.height * (video.frameRate ?? DEFAULT_FRAME_RATE)
  const bitsPerPixel = video.bitRate / pixelsPerSecond
  const limit = minBitsPerPixelToEncode(quality)
  return bitsPerPixel > limit
    ? `${bitsPerPixel.toFixed(3)} bits per pixel are more than quality ${quality} needs (${limit.toFixed(3)})`
    : null
}
