/** From what was measured to the texts of a package's playlists and its manifest. Pure. */
import { formatDashManifest, type Representation } from './dash.ts'
import { formatMasterPlaylist, formatMediaPlaylist, type BitRates } from './hls.ts'
import * as layout from './streamLayout.ts'
import {
  measureBitRates,
  measuredSeconds,
  requireTimescale,
  type TrackMeasurements,
} from './segmentMeasurements.ts'
import { BUFFER_SECONDS } from './rungEncoder.ts'

type StreamLayout = layout.StreamLayout

/**
 * @param count so many of the segments are named
 * @param ended whether no segment follows any more
 */
export function buildTrackPlaylist(
  measured: TrackMeasurements,
  count: number,
  stream: StreamLayout,
  ended: boolean,
): string {
  const { track, segments } = measured
  const playlistSegments = segments.slice(0, count).map(({ duration }, at) => ({
    uri: layout.segmentName(track, at + 1),
    seconds: duration / requireTimescale(measured),
  }))
  const map = layout.initName(track)
  return formatMediaPlaylist({
    targetSeconds: layout.targetSeconds(stream),
    map,
    playlistSegments,
    ended,
  })
}

/** Of each segment the bytes from its header to the end of its first picture. */
export function buildKeyframesPlaylist(measured: TrackMeasurements, stream: StreamLayout): string {
  const { track, segments } = measured
  const playlistSegments = segments.map(({ duration, first }, at) => ({
    uri: layout.segmentName(track, at + 1),
    seconds: duration / requireTimescale(measured),
    range: first,
  }))
  const said = {
    targetSeconds: layout.targetSeconds(stream),
    map: layout.initName(track),
    playlistSegments,
  }
  return formatMediaPlaylist({ ...said, ended: true, keyframesOnly: true })
}

/** The whole text is one segment: it is small, and there from the start. */
export function buildSubtitlesPlaylist(seconds: number): string {
  const playlistSegments = [{ uri: layout.SUBTITLES.file, seconds }]
  const targetSeconds = Math.max(1, Math.ceil(seconds))
  return formatMediaPlaylist({ targetSeconds, map: null, playlistSegments, ended: true })
}

/** @param ended before the end bandwidths are the caps, and no playlist of keyframes is named */
export function buildMasterPlaylist(
  all: readonly TrackMeasurements[],
  stream: StreamLayout,
  ended: boolean,
): string {
  const rate = (measured: TrackMeasurements): BitRates =>
    ended ? measureBitRates(measured, stream) : cap(measured, stream)
  const audio = all.find(({ track }) => track.video === null)
  return formatMasterPlaylist({
    video: all.flatMap((measured) => {
      const { track, init } = measured
      const { video } = track
      if (video === null || init === null) {
        return []
      }
      const keyframes = {
        uri: layout.keyframesPlaylistName(track),
        rate: ended ? measureBitRates(measured, stream, true) : { peak: 0, average: null },
      }
      const said = { uri: layout.playlistName(track), codec: init.codec, size: video.size }
      const { frameRate } = video
      return [{ ...said, frameRate, rate: rate(measured), keyframes: ended ? keyframes : null }]
    }),
    audio: audio?.init
      ? {
          uri: layout.playlistName(audio.track),
          codec: audio.init.codec,
          channels: audio.init.channels ?? 2,
          rate: rate(audio),
        }
      : null,
    subtitles: stream.subtitles && { ...stream.subtitles, uri: layout.SUBTITLES.playlist },
  })
}

/** A segment may use up its cap and what the encoder had left over before. */
function cap({ track }: TrackMeasurements, { segmentSeconds }: StreamLayout): BitRates {
  const ahead = track.video === null ? 0 : BUFFER_SECONDS / segmentSeconds
  return { peak: track.maxBitRate * (1 + ahead), average: null }
}

export function buildDashManifest(all: readonly TrackMeasurements[], stream: StreamLayout): string {
  const representations = all.map((measured): Representation => {
    const { track, init, segments } = measured
    const { video } = track
    return {
      id: track.name,
      codec: init?.codec ?? '',
      bandwidth: measureBitRates(measured, stream).peak,
      timescale: requireTimescale(measured),
      segments,
      ...(video === null
        ? { audio: { sampleRate: init?.sampleRate ?? 48_000, channels: init?.channels ?? 2 } }
        : { video }),
    }
  })
  return formatDashManifest({
    seconds: Math.max(...all.map(measuredSeconds)),
    targetSeconds: layout.targetSeconds(stream),
    video: representations.filter(({ video }) => video !== undefined),
    audio: representations.find(({ audio }) => audio !== undefined) ?? null,
    subtitles: stream.subtitles && { ...stream.subtitles, uri: layout.SUBTITLES.file },
  })
}
