/**
 * Writes the playlists of HTTP Live Streaming (RFC 8216bis) from what was measured. Pure: numbers in,
 * text out; what is stored, and when, is streaming.ts's.
 */
import type { Size } from '../edit/geometry.ts'

/** A file, or part of it, and how long it plays. */
export interface PlaylistSegment {
  uri: string
  seconds: number
  range?: { offset: number; length: number }
}

/** Bits a second: that of the worst segment, and over all. */
export interface BitRates {
  peak: number
  average: number | null
}

const HEAD = ['#EXTM3U', '#EXT-X-VERSION:7']

/**
 * @param list.targetSeconds no piece, rounded, may be longer; never changes while a playlist grows
 * @param list.ended whether all pieces are named
 * @param list.map the init segment; null for subtitles, which have none
 */
export function formatMediaPlaylist(list: {
  targetSeconds: number
  map: string | null
  playlistSegments: readonly PlaylistSegment[]
  ended: boolean
  keyframesOnly?: boolean
}): string {
  return lines([
    ...HEAD,
    `#EXT-X-TARGETDURATION:${list.targetSeconds}`,
    '#EXT-X-MEDIA-SEQUENCE:1',
    `#EXT-X-PLAYLIST-TYPE:${list.ended ? 'VOD' : 'EVENT'}`,
    ...(list.keyframesOnly === true ? ['#EXT-X-I-FRAMES-ONLY'] : []),
    ...(list.map === null ? [] : ['#EXT-X-INDEPENDENT-SEGMENTS', `#EXT-X-MAP:URI="${list.map}"`]),
    ...list.playlistSegments.flatMap(({ uri, seconds, range }) => [
      `#EXTINF:${seconds.toFixed(6)},`,
      ...(range === undefined ? [] : [`#EXT-X-BYTERANGE:${range.length}@${range.offset}`]),
      uri,
    ]),
    ...(list.ended ? ['#EXT-X-ENDLIST'] : []),
  ])
}

export interface VideoVariant {
  uri: string
  codec: string
  size: Size
  frameRate: number
  rate: BitRates
  /** The playlist of its keyframes alone; null as long as there is none. */
  keyframes: { uri: string; rate: BitRates } | null
}
export interface AudioVariant {
  uri: string
  codec: string
  channels: number
  rate: BitRates
}
export interface Subtitles {
  uri: string
  name: string
  language: string | null
}

/** What a player that knows nothing of its line begins with (HLS authoring specification, 9.18). */
const FIRST_BITS = 2_000_000

export function formatMasterPlaylist(list: {
  video: readonly VideoVariant[]
  audio: AudioVariant | null
  subtitles: Subtitles | null
}): string {
  const { audio, subtitles } = list
  const groups = [
    ...(audio === null ? [] : ['AUDIO="audio"']),
    ...(subtitles === null ? [] : ['SUBTITLES="subtitles"']),
    'CLOSED-CAPTIONS=NONE',
  ]
  const withAudio = ({ peak, average }: BitRates) => [
    `BANDWIDTH=${Math.ceil(peak + (audio?.rate.peak ?? 0))}`,
    ...(average === null
      ? []
      : [`AVERAGE-BANDWIDTH=${Math.ceil(average + (audio?.rate.average ?? 0))}`]),
  ]
  const picture = ({ size }: VideoVariant) => `RESOLUTION=${size.width}x${size.height}`
  return lines([
    ...HEAD,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(audio === null
      ? []
      : [
          `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${audio.channels}",URI="${audio.uri}"`,
        ]),
    ...(subtitles === null ? [] : [subtitleMedia(subtitles)]),
    ...inOrder(list.video).flatMap((video) => {
      const codecs = [video.codec, ...(audio === null ? [] : [audio.codec])].join(',')
      const rate = `FRAME-RATE=${video.frameRate.toFixed(3)}`
      const said = [`CODECS="${codecs}"`, picture(video), rate, 'VIDEO-RANGE=SDR', ...groups]
      return [`#EXT-X-STREAM-INF:${[...withAudio(video.rate), ...said].join(',')}`, video.uri]
    }),
    ...list.video.flatMap((video) => {
      if (video.keyframes === null) {
        return []
      }
      const { peak, average } = video.keyframes.rate
      const rates = [
        `BANDWIDTH=${Math.ceil(peak)}`,
        ...(average === null ? [] : [`AVERAGE-BANDWIDTH=${Math.ceil(average)}`]),
      ]
      const said = [...rates, `CODECS="${video.codec}"`, picture(video), 'VIDEO-RANGE=SDR']
      return [`#EXT-X-I-FRAME-STREAM-INF:${said.join(',')},URI="${video.keyframes.uri}"`]
    }),
  ])
}

/** From small to large, but for the one to begin with. */
function inOrder(video: readonly VideoVariant[]): VideoVariant[] {
  const bits = ({ rate }: VideoVariant) => rate.average ?? rate.peak
  const first = video.findLast((each) => bits(each) <= FIRST_BITS) ?? video[0]
  return first === undefined ? [] : [first, ...video.filter((each) => each !== first)]
}

function subtitleMedia({ uri, name, language }: Subtitles): string {
  const tongue = language === null ? '' : `,LANGUAGE="${language}"`
  return `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="${name}"${tongue},DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="${uri}"`
}

function lines(all: string[]): string {
  return `${all.join('\n')}\n`
}
