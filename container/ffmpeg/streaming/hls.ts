/** Formats the playlists of HTTP Live Streaming (RFC 8216 and its draft successor, 8216bis). */
import type { Size } from '../geometry.ts'

/** Media segment: a file, or a range of its bytes. */
export interface PlaylistSegment {
  uri: string
  seconds: number
  range?: { offset: number; length: number }
}

/** Bits per second; the average is null while it is unknown. */
export interface BitRates {
  peak: number
  average: number | null
}

const HEADER = ['#EXTM3U', '#EXT-X-VERSION:7']

/**
 * @param playlist.targetSeconds maximum of the segment durations, each rounded to whole seconds. It
 *   must not change while segments are added.
 * @param playlist.init the init segment; null for subtitles, which have none
 * @param playlist.isComplete false while segments are still added
 */
export function formatMediaPlaylist(playlist: {
  targetSeconds: number
  init: string | null
  segments: readonly PlaylistSegment[]
  isComplete: boolean
  keyframesOnly?: boolean
}): string {
  const { targetSeconds, init, segments, isComplete, keyframesOnly = false } = playlist
  return formatLines([
    ...HEADER,
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    '#EXT-X-MEDIA-SEQUENCE:1',
    `#EXT-X-PLAYLIST-TYPE:${isComplete ? 'VOD' : 'EVENT'}`,
    ...(keyframesOnly ? ['#EXT-X-I-FRAMES-ONLY'] : []),
    ...(init === null ? [] : ['#EXT-X-INDEPENDENT-SEGMENTS', `#EXT-X-MAP:URI="${init}"`]),
    ...segments.flatMap(formatSegment),
    ...(isComplete ? ['#EXT-X-ENDLIST'] : []),
  ])
}

function formatSegment({ uri, seconds, range }: PlaylistSegment): string[] {
  return [
    `#EXTINF:${seconds.toFixed(6)},`,
    ...(range === undefined ? [] : [`#EXT-X-BYTERANGE:${range.length}@${range.offset}`]),
    uri,
  ]
}

export interface VideoVariant {
  uri: string
  codec: string
  size: Size
  frameRate: number
  bitRates: BitRates
  /** The playlist of its key frames; null while there is none. */
  keyframes: { uri: string; bitRates: BitRates } | null
}

export interface AudioVariant {
  uri: string
  codec: string
  channels: number
  bitRates: BitRates
}

export interface Subtitles {
  uri: string
  name: string
  language: string | null
}

/**
 * Maximum bit rate of the first variant, with which players usually begin. If all variants are
 * above it, the smallest is the first.
 */
const MAX_FIRST_BIT_RATE = 2_000_000

interface MasterPlaylist {
  /** Video variants, from the smallest to the largest. */
  video: readonly VideoVariant[]
  audio: AudioVariant | null
  subtitles: Subtitles | null
}

export function formatMasterPlaylist(playlist: MasterPlaylist): string {
  const { video, audio, subtitles } = playlist
  return formatLines([
    ...HEADER,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(audio === null ? [] : [formatAudio(audio)]),
    ...(subtitles === null ? [] : [formatSubtitles(subtitles)]),
    ...orderVariants(video).flatMap((each) => formatVariant(each, playlist)),
    ...video.flatMap(formatKeyframes),
  ])
}

/** Moves the variant that players should begin with to the front. */
function orderVariants(video: readonly VideoVariant[]): VideoVariant[] {
  const bitRate = ({ bitRates }: VideoVariant) => bitRates.average ?? bitRates.peak
  const first = video.findLast((each) => bitRate(each) <= MAX_FIRST_BIT_RATE) ?? video[0]
  return first === undefined ? [] : [first, ...video.filter((each) => each !== first)]
}

function formatVariant(video: VideoVariant, { audio, subtitles }: MasterPlaylist): string[] {
  const { peak, average } = video.bitRates
  const codecs = [video.codec, ...(audio === null ? [] : [audio.codec])].join(',')
  const attributes = [
    ...formatBitRates({
      peak: peak + (audio?.bitRates.peak ?? 0),
      average: average === null ? null : average + (audio?.bitRates.average ?? 0),
    }),
    `CODECS="${codecs}"`,
    formatResolution(video),
    `FRAME-RATE=${video.frameRate.toFixed(3)}`,
    'VIDEO-RANGE=SDR',
    ...(audio === null ? [] : ['AUDIO="audio"']),
    ...(subtitles === null ? [] : ['SUBTITLES="subtitles"']),
    'CLOSED-CAPTIONS=NONE',
  ]
  return [`#EXT-X-STREAM-INF:${attributes.join(',')}`, video.uri]
}

function formatKeyframes(video: VideoVariant): string[] {
  if (video.keyframes === null) {
    return []
  }
  const { uri, bitRates } = video.keyframes
  const attributes = [
    ...formatBitRates(bitRates),
    `CODECS="${video.codec}"`,
    formatResolution(video),
    'VIDEO-RANGE=SDR',
  ]
  return [`#EXT-X-I-FRAME-STREAM-INF:${attributes.join(',')},URI="${uri}"`]
}

function formatBitRates({ peak, average }: BitRates): string[] {
  return [
    `BANDWIDTH=${Math.ceil(peak)}`,
    ...(average === null ? [] : [`AVERAGE-BANDWIDTH=${Math.ceil(average)}`]),
  ]
}

function formatResolution({ size }: VideoVariant): string {
  return `RESOLUTION=${size.width}x${size.height}`
}

function formatAudio({ uri, channels }: AudioVariant): string {
  return `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${channels}",URI="${uri}"`
}

function formatSubtitles({ uri, name, language }: Subtitles): string {
  const attribute = language === null ? '' : `,LANGUAGE="${language}"`
  return `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="${name}"${attribute},DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="${uri}"`
}

function formatLines(lines: string[]): string {
  return `${lines.join('\n')}\n`
}
