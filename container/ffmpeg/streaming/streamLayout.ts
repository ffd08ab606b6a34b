/**
 * What a stream consists of, before any of it is made: its tracks, each with segments of its own.
 * Planning, publishing and the playlists all go by it.
 */
import { join } from 'node:path'
import type { Size } from '../edit/geometry.ts'

export interface Track {
  /** Begins the names of all its files: `v720`, `a`. */
  name: string
  /** null for sound. */
  video: { size: Size; frameRate: number; codec: string } | null
  /** The most bits a second that it is let have over one segment. */
  maxBitRate: number
}

export interface StreamLayout {
  /** Pictures from small to large, then the sound. */
  tracks: Track[]
  /** Whole WebVTT file, in the time of the stream; null for none. */
  subtitles: { file: string; name: string; language: string | null } | null
  /** How long each segment is but the last, in seconds; sound keeps to it within a frame of its own. */
  segmentSeconds: number
  /** About how long it will be, whoever says so; null when nobody does. */
  expectedSeconds: number | null
  /** How long it all must be; null when the source does not say. */
  seconds: number | null
  /** The end was asked for, so a length that is off is this side's fault and not the source's. */
  hasRequestedEnd: boolean
}

/** Where ffmpeg writes segments, and a playlist that says which of them are whole. */
export function segmentsFolder(folder: string) {
  return join(folder, 'segments')
}
/** Where the runner writes what is stored as it is. */
export function packageFolder(folder: string) {
  return join(folder, 'package')
}

export function initName({ name }: Track) {
  return `${name}_init.mp4`
}
/** @param number counted from 1 */
export function segmentName({ name }: Track, number: number) {
  return `${name}_${String(number).padStart(5, '0')}.m4s`
}
export function segmentPattern({ name }: Track) {
  return `${name}_%05d.m4s`
}
export function playlistName({ name }: Track) {
  return `${name}.m3u8`
}
/** `v720` is `i720` as keyframes alone. */
export function keyframesPlaylistName({ name }: Track) {
  return `i${name.slice(1)}.m3u8`
}
export const SUBTITLES = { file: 's.vtt', playlist: 's.m3u8' }
export const MASTER_PLAYLIST = 'master.m3u8'
export const DASH_MANIFEST = 'manifest.mpd'

/** The whole seconds that no segment, rounded, goes beyond; fixed before the first is made. */
export function targetSeconds({ segmentSeconds }: StreamLayout) {
  return Math.ceil(segmentSeconds - 0.01)
}
