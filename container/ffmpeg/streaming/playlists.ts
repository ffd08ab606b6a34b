/** Builds the playlists and the manifest of a stream from the measurements of its tracks. */
import { formatDashManifest, type Representation } from './dash.ts'
import {
  type AudioVariant,
  type BitRates,
  formatMasterPlaylist,
  formatMediaPlaylist,
  type VideoVariant,
} from './hls.ts'
import { BUFFER_SECONDS } from './rungEncoder.ts'
import {
  measureBitRates,
  measuredSeconds,
  requireTimescale,
  type TrackMeasurements,
} from './segmentMeasurements.ts'
import * as layout from './streamLayout.ts'

type StreamLayout = layout.StreamLayout

/**
 * @param count number of segments that the playlist names
 * @param isComplete false while segments are still added
 */
export function buildTrackPlaylist(
  measured: TrackMeasurements,
  count: number,
  stream: StreamLayout,
  isComplete: boolean,
): string {
  const { track, segments } = measured
  return formatMediaPlaylist({
    targetSeconds: layout.targetSeconds(stream),
    init: layout.initName(track),
    segments: segments.slice(0, count).map(({ duration }, index) => ({
      uri: layout.segmentName(track, index + 1),
      seconds: duration / requireTimescale(measured),
    })),
    isComplete,
  })
}

/**
 * Builds the playlist of key frames: of each segment, the bytes from its `moof` box to the end of
 * its first frame.
 */
export function buildKeyframesPlaylist(measured: TrackMeasurements, stream: StreamLayout): string {
  const { track, segments } = measured
  return formatMediaPlaylist({
    targetSeconds: layout.targetSeconds(stream),
    init: layout.initName(track),
    segments: segments.map(({ duration, first }, index) => ({
      uri: layout.segmentName(track, index + 1),
      seconds: duration / requireTimescale(measured),
      range: first,
    })),
    isComplete: true,
    keyframesOnly: true,
  })
}

/**
 * Builds the playlist of the subtitles. The file is one segment, because it is small and complete
 * from the start.
 */
export function buildSubtitlesPlaylist(seconds: number): string {
  return formatMediaPlaylist({
    targetSeconds: Math.max(1, Math.ceil(seconds)),
    init: null,
    segments: [{ uri: layout.SUBTITLES.file, seconds }],
    isComplete: true,
  })
}

/**
 * @param isComplete false while segments are still added: bit rates are then planned maximum
 *   values, and playlists of key frames are omitted
 */
export function buildMasterPlaylist(
  tracks: readonly TrackMeasurements[],
  stream: StreamLayout,
  isComplete: boolean,
): string {
  const audio = tracks.find(({ track }) => track.video === null)
  return formatMasterPlaylist({
    video: tracks.flatMap((measured) => describeVideo(measured, stream, isComplete)),
    audio: audio === undefined ? null : describeAudio(audio, stream, isComplete),
    subtitles: stream.subtitles && { ...stream.subtitles, uri: layout.SUBTITLES.playlist },
  })
}

/** Returns an empty list for an audio track, and for a track without a measured init segment. */
function describeVideo(
  measured: TrackMeasurements,
  stream: StreamLayout,
  isComplete: boolean,
): VideoVariant[] {
  const { track, init } = measured
  if (track.video === null || init === null) {
    return []
  }
  const { size, frameRate } = track.video
  const keyframes = isComplete
    ? {
        uri: layout.keyframesPlaylistName(track),
        bitRates: measureBitRates(measured, stream, true),
      }
    : null
  return [
    {
      uri: layout.playlistName(track),
      codec: init.codec,
      size,
      frameRate,
      bitRates: readBitRates(measured, stream, isComplete),
      keyframes,
    },
  ]
}

function describeAudio(
  measured: TrackMeasurements,
  stream: StreamLayout,
  isComplete: boolean,
): AudioVariant | null {
  const { track, init } = measured
  return (
    init && {
      uri: layout.playlistName(track),
      codec: init.codec,
      channels: init.channels ?? 2,
      bitRates: readBitRates(measured, stream, isComplete),
    }
  )
}

function readBitRates(
  measured: TrackMeasurements,
  stream: StreamLayout,
  isComplete: boolean,
): BitRates {
  return isComplete ? measureBitRates(measured, stream) : maxBitRates(measured, stream)
}

/**
 * Returns the maximum bit rates, used before segments can be measured. A video segment can exceed
 * the maximum rate of its encoder by the content of one rate control buffer.
 */
function maxBitRates({ track }: TrackMeasurements, { segmentSeconds }: StreamLayout): BitRates {
  const bufferShare = track.video === null ? 0 : BUFFER_SECONDS / segmentSeconds
  return { peak: track.maxBitRate * (1 + bufferShare), average: null }
}

export function buildDashManifest(
  tracks: readonly TrackMeasurements[],
  stream: StreamLayout,
): string {
  const representations = tracks.map((measured): Representation => {
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
    seconds: Math.max(...tracks.map(measuredSeconds)),
    targetSeconds: layout.targetSeconds(stream),
    video: representations.filter(({ video }) => video !== undefined),
    audio: representations.find(({ audio }) => audio !== undefined) ?? null,
    subtitles: stream.subtitles && { ...stream.subtitles, uri: layout.SUBTITLES.file },
  })
}
