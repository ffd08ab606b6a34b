/**
 * Layout of an HLS/DASH stream: its tracks, the duration of its segments, and the names of its
 * files.
 */
import { join } from 'node:path'
import type { ExpectedDurations } from '../expectedDurations.ts'
import type { Size } from '../geometry.ts'

export interface Track {
  /** Prefix of the names of its segments and of its playlist: `v720` for video, `a` for audio. */
  name: string
  /** Null for audio. */
  video: { size: Size; frameRate: number; codec: string } | null
  /** Maximum bit rate of the encoder in bits per second, which a video segment can exceed. */
  maxBitRate: number
}

export interface StreamLayout extends ExpectedDurations {
  /** Video tracks from small to large, then the audio track. */
  tracks: Track[]
  /** A WebVTT file whose times begin at the start of the stream; null for no subtitles. */
  subtitles: { file: string; name: string; language: string | null } | null
  /** Duration of each segment except the last, in seconds. Audio may differ by one audio frame. */
  segmentSeconds: number
  /** Expected duration, declared by the source file or estimated; null when unknown. */
  expectedSeconds: number | null
  /**
   * True when the rendition sets the end: a stream that is too long is then a fault of the runner,
   * not of the source.
   */
  hasRequestedEnd: boolean
}

/**
 * While it is made, a stream is playable once the playlist of every track has this many segments.
 */
export const MIN_PLAYABLE_SEGMENTS = 2

/** Folder in which ffmpeg writes segments, and playlists that list the last complete ones. */
export function segmentsFolder(scratch: string) {
  return join(scratch, 'segments')
}
/** Folder of the other files of the package. */
export function packageFolder(scratch: string) {
  return join(scratch, 'package')
}

export function initName({ name }: Track) {
  return `${name}_init.mp4`
}
/** @param number counted from 1 */
export function segmentName({ name }: Track, number: number) {
  return `${name}_${String(number).padStart(5, '0')}.m4s`
}
/** `segmentName` as a pattern of ffmpeg. */
export function segmentPattern({ name }: Track) {
  return `${name}_%05d.m4s`
}
export function playlistName({ name }: Track) {
  return `${name}.m3u8`
}
/** Playlist of the key frames alone: `i720.m3u8` for the track `v720`. */
export function keyframesPlaylistName({ name }: Track) {
  return `i${name.slice(1)}.m3u8`
}
export const SUBTITLES = { file: 's.vtt', playlist: 's.m3u8' }
export const MASTER_PLAYLIST = 'master.m3u8'
export const DASH_MANIFEST = 'manifest.mpd'

/**
 * Target duration of the tracks' playlists, in whole seconds. The duration of a segment, rounded to
 * whole seconds, must not exceed it.
 */
export function targetSeconds({ segmentSeconds }: StreamLayout) {
  return Math.ceil(segmentSeconds - 0.01)
}
