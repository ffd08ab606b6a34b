/**
 * Formats the manifest of MPEG-DASH (ISO/IEC 23009-1) over the segments of the HLS playlists. It is
 * written when all segments exist, as a static presentation.
 */
import type { Size } from '../geometry.ts'

export interface Representation {
  id: string
  codec: string
  /** Bits per second. */
  bandwidth: number
  /** Ticks per second. */
  timescale: number
  /** Start and duration of each segment in ticks. */
  segments: readonly { start: number; duration: number }[]
  /** Set for a video track. */
  video?: { size: Size; frameRate: number }
  /** Set for an audio track. */
  audio?: { sampleRate: number; channels: number }
}

interface Subtitles {
  uri: string
  language: string | null
}

const CHANNEL_SCHEME = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011'
/**
 * Attributes of the video and audio adaptation sets: every segment begins with a key frame, and
 * segments begin at the same times in all rungs.
 */
const ALIGNMENT = 'segmentAlignment="true" startWithSAP="1"'

export function formatDashManifest(presentation: {
  seconds: number
  targetSeconds: number
  video: readonly Representation[]
  audio: Representation | null
  subtitles: Subtitles | null
}): string {
  const { seconds, targetSeconds, video, audio, subtitles } = presentation
  const maxSegmentSeconds = findMaxSegmentSeconds(audio === null ? video : [...video, audio])
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011"',
    `  type="static" mediaPresentationDuration="PT${seconds.toFixed(3)}S"`,
    `  minBufferTime="PT${targetSeconds}S" maxSegmentDuration="PT${maxSegmentSeconds.toFixed(3)}S">`,
    '  <Period id="0" start="PT0S">',
    `    <AdaptationSet id="0" contentType="video" mimeType="video/mp4" ${ALIGNMENT}>`,
    ...video.flatMap(formatRepresentation),
    '    </AdaptationSet>',
    ...(audio === null ? [] : formatAudio(audio)),
    ...(subtitles === null ? [] : formatSubtitles(subtitles)),
    '  </Period>',
    '</MPD>',
  ]
  return `${lines.join('\n')}\n`
}

/** Returns the duration of the longest segment, rounded up to milliseconds. */
function findMaxSegmentSeconds(representations: readonly Representation[]): number {
  const seconds = representations.flatMap(({ segments, timescale }) =>
    segments.map(({ duration }) => duration / timescale),
  )
  const max = seconds.reduce((longest, each) => Math.max(longest, each), 0)
  return Math.ceil(max * 1e3) / 1e3
}

function formatAudio(audio: Representation): string[] {
  return [
    `    <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" ${ALIGNMENT}>`,
    ...formatRepresentation(audio),
    '    </AdaptationSet>',
  ]
}

function formatRepresentation(representation: Representation): string[] {
  const { id, codec, bandwidth, timescale, segments, video, audio } = representation
  const attributes = {
    id,
    codecs: codec,
    bandwidth: Math.ceil(bandwidth),
    ...(video !== undefined && {
      width: video.size.width,
      height: video.size.height,
      frameRate: formatFrameRate(video.frameRate),
    }),
    ...(audio !== undefined && { audioSamplingRate: audio.sampleRate }),
  }
  const template = {
    timescale,
    startNumber: 1,
    initialization: `${id}_init.mp4`,
    media: `${id}_$Number%05d$.m4s`,
  }
  const channels =
    audio === undefined
      ? []
      : [
          `        <AudioChannelConfiguration schemeIdUri="${CHANNEL_SCHEME}" value="${audio.channels}"/>`,
        ]
  return [
    `      <Representation ${formatAttributes(attributes)}>`,
    ...channels,
    `        <SegmentTemplate ${formatAttributes(template)}>`,
    '          <SegmentTimeline>',
    ...buildTimeline(segments).map((entry) => `            <S ${formatAttributes({ ...entry })}/>`),
    '          </SegmentTimeline>',
    '        </SegmentTemplate>',
    '      </Representation>',
  ]
}

/** Attributes of an `S` element: start, duration and repetitions. */
interface TimelineEntry {
  t?: number
  d: number
  r?: number
}

/** Successive segments of equal duration are one entry, with the number of its repetitions. */
function buildTimeline(segments: Representation['segments']): TimelineEntry[] {
  const entries: TimelineEntry[] = []
  for (const { start, duration } of segments) {
    const last = entries.at(-1)
    if (last === undefined) {
      entries.push({ t: start, d: duration })
    } else if (last.d === duration) {
      last.r = (last.r ?? 0) + 1
    } else {
      entries.push({ d: duration })
    }
  }
  return entries
}

function formatSubtitles({ uri, language }: Subtitles): string[] {
  const attribute = language === null ? '' : ` lang="${language}"`
  return [
    `    <AdaptationSet id="2" contentType="text" mimeType="text/vtt"${attribute}>`,
    '      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>',
    '      <Representation id="s" bandwidth="1000">',
    `        <BaseURL>${uri}</BaseURL>`,
    '      </Representation>',
    '    </AdaptationSet>',
  ]
}

/** DASH requires an integer or a fraction: 29.97 is written as 30000/1001. */
function formatFrameRate(frameRate: number): string {
  const rounded = Math.round(frameRate)
  if (Math.abs(frameRate - rounded) < 1e-6) {
    return String(rounded)
  }
  if (Math.abs(frameRate - (rounded * 1000) / 1001) < 1e-3) {
    return `${rounded * 1000}/1001`
  }
  return `${Math.round(frameRate * 1000)}/1000`
}

function formatAttributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${value}"`)
    .join(' ')
}
