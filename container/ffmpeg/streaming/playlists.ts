/** From what was measured to the texts of a package's playlists and its manifest. Pure. */
import { manifest, type Representation } from './dash.ts'
import { masterPlaylist, mediaPlaylist, type Rate } from './hls.ts'
import * as layout from './streamLayout.ts'
import { rateOf, secondsOf, timescaleOf, type Measured } from './segmentMeasurements.ts'
import { BUFFER_SECONDS } from './rungEncoder.ts'

type StreamLayout = layout.StreamLayout

/**
 * @param count so many of the segments are named
 * @param ended whether no segment follows any more
 */
export function trackPlaylist(
  measured: Measured,
  count: number,
  stream: StreamLayout,
  ended: boolean,
): string {
  const { track, segments } = measured
  const pieces = segments.slice(0, count).map(({ duration }, at) => ({
    uri: layout.segmentName(track, at + 1),
    seconds: duration / timescaleOf(measured),
  }))
  const map = layout.initName(track)
  return mediaPlaylist({ targetSeconds: layout.targetOf(stream), map, pieces, ended })
}

/** Of each segment the bytes from its header to the end of its first picture. */
export function keyframesPlaylist(measured: Measured, stream: StreamLayout): string {
  const { track, segments } = measured
  const pieces = segments.map(({ duration, first }, at) => ({
    uri: layout.segmentName(track, at + 1),
    seconds: duration / timescaleOf(measured),
    range: first,
  }))
  const said = { targetSeconds: layout.targetOf(stream), map: layout.initName(track), pieces }
  return mediaPlaylist({ ...said, ended: true, keyframesOnly: true })
}

/** The whole text is one segment: it is small, and there from the start. */
export function subtitlesPlaylist(seconds: number): string {
  const pieces = [{ uri: layout.SUBTITLES.file, seconds }]
  const targetSeconds = Math.max(1, Math.ceil(seconds))
  return mediaPlaylist({ targetSeconds, map: null, pieces, ended: true })
}

/** @param ended before the end bandwidths are the caps, and no playlist of keyframes is named */
export function master(all: readonly Measured[], stream: StreamLayout, ended: boolean): string {
  const rate = (measured: Measured): Rate =>
    ended ? rateOf(measured, stream) : cap(measured, stream)
  const audio = all.find(({ track }) => track.video === null)
  return masterPlaylist({
    video: all.flatMap((measured) => {
      const { track, init } = measured
      const { video } = track
      if (video === null || init === null) {
        return []
      }
      const keyframes = {
        uri: layout.keyframesName(track),
        rate: ended ? rateOf(measured, stream, true) : { peak: 0, average: null },
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
function cap({ track }: Measured, { segmentSeconds }: StreamLayout): Rate {
  const ahead = track.video === null ? 0 : BUFFER_SECONDS / segmentSeconds
  return { peak: track.maxBitRate * (1 + ahead), average: null }
}

export function dashManifest(all: readonly Measured[], stream: StreamLayout): string {
  const representations = all.map((measured): Representation => {
    const { track, init, segments } = measured
    const { video } = track
    return {
      id: track.name,
      codec: init?.codec ?? '',
      bandwidth: rateOf(measured, stream).peak,
      timescale: timescaleOf(measured),
      segments,
      ...(video === null
        ? { audio: { sampleRate: init?.sampleRate ?? 48_000, channels: init?.channels ?? 2 } }
        : { video }),
    }
  })
  return manifest({
    seconds: Math.max(...all.map(secondsOf)),
    targetSeconds: layout.targetOf(stream),
    video: representations.filter(({ video }) => video !== undefined),
    audio: representations.find(({ audio }) => audio !== undefined) ?? null,
    subtitles: stream.subtitles && { ...stream.subtitles, uri: layout.SUBTITLES.file },
  })
}
