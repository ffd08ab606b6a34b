/**
 * Writes the manifest of MPEG-DASH (ISO/IEC 23009-1) over the segments that the playlists of HLS
 * name too. Pure: numbers in, text out. It is written once all is there, as a static presentation.
 */
import type { Size } from '../edit/geometry.ts'

export interface Representation {
  id: string
  codec: string
  bandwidth: number
  timescale: number
  /** Where each segment begins and how long it is, in ticks of the timescale. */
  segments: readonly { start: number; duration: number }[]
  /** For a picture; sound has `sampleRate` and `channels`. */
  video?: { size: Size; frameRate: number }
  audio?: { sampleRate: number; channels: number }
}

const CHANNELS = 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011'

export function formatDashManifest(presentation: {
  seconds: number
  targetSeconds: number
  video: readonly Representation[]
  audio: Representation | null
  subtitles: { uri: string; language: string | null } | null
}): string {
  const { seconds, targetSeconds, video, audio, subtitles } = presentation
  const longest = [...video, ...(audio === null ? [] : [audio])]
    .flatMap(({ segments, timescale }) => segments.map(({ duration }) => duration / timescale))
    .reduce((most, each) => Math.max(most, each), 0)
  const aligned = 'segmentAlignment="true" startWithSAP="1"'
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011"',
    `  type="static" mediaPresentationDuration="PT${seconds.toFixed(3)}S"`,
    `  minBufferTime="PT${targetSeconds}S" maxSegmentDuration="PT${(Math.ceil(longest * 1e3) / 1e3).toFixed(3)}S">`,
    '  <Period id="0" start="PT0S">',
    `    <AdaptationSet id="0" contentType="video" mimeType="video/mp4" ${aligned}>`,
    ...video.flatMap(representation),
    '    </AdaptationSet>',
    ...(audio === null
      ? []
      : [
          `    <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" ${aligned}>`,
          ...representation(audio),
          '    </AdaptationSet>',
        ]),
    ...(subtitles === null ? [] : text(subtitles)),
    '  </Period>',
    '</MPD>',
  ].join('\n')}\n`
}

function representation({ id, codec, bandwidth, ...each }: Representation): string[] {
  const size = each.video && {
    width: each.video.size.width,
    height: each.video.size.height,
    frameRate: rational(each.video.frameRate),
  }
  const audio = each.audio && { audioSamplingRate: each.audio.sampleRate }
  const said = { id, codecs: codec, bandwidth: Math.ceil(bandwidth), ...size, ...audio }
  const template = {
    timescale: each.timescale,
    startNumber: 1,
    initialization: `${id}_init.mp4`,
    media: `${id}_$Number%05d$.m4s`,
  }
  return [
    `      <Representation ${attributes(said)}>`,
    ...(each.audio === undefined
      ? []
      : [
          `        <AudioChannelConfiguration schemeIdUri="${CHANNELS}" value="${each.audio.channels}"/>`,
        ]),
    `        <SegmentTemplate ${attributes(template)}>`,
    '          <SegmentTimeline>',
    ...timeline(each.segments).map((entry) => `            <S ${attributes(entry)}/>`),
    '          </SegmentTimeline>',
    '        </SegmentTemplate>',
    '      </Representation>',
  ]
}

/** Segments of one length after another are one entry, with how often it is repeated. */
function timeline(segments: Representation['segments']) {
  const entries: { t?: number; d: number; r?: number }[] = []
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

function text({ uri, language }: { uri: string; language: string | null }): string[] {
  const lang = language === null ? '' : ` lang="${language}"`
  return [
    `    <AdaptationSet id="2" contentType="text" mimeType="text/vtt"${lang}>`,
    '      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>',
    '      <Representation id="s" bandwidth="1000">',
    `        <BaseURL>${uri}</BaseURL>`,
    '      </Representation>',
    '    </AdaptationSet>',
  ]
}

/** 29.97 is 30000/1001, as DASH wants it said. */
function rational(rate: number): string {
  const whole = Math.round(rate)
  if (Math.abs(rate - whole) < 1e-6) {
    return String(whole)
  }
  if (Math.abs(rate - (whole * 1000) / 1001) < 1e-3) {
    return `${whole * 1000}/1001`
  }
  return `${Math.round(rate * 1000)}/1000`
}

function attributes(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${value}"`)
    .join(' ')
}
