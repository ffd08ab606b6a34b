/** ffmpeg's options for each container. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'

/** With the index in front, so that a player can begin before it has all. */
const FAST_START = ['-movflags', '+faststart']

type Format = RenditionOf<'video' | 'audio'>['format']

const CONTAINERS: Record<Format, string[]> = {
  mp4: [...FAST_START, '-f', 'mp4'],
  mov: [...FAST_START, '-f', 'mov'],
  mkv: ['-f', 'matroska'],
  webm: ['-f', 'webm'],
  m4a: [...FAST_START, '-f', 'ipod'],
  mp3: ['-f', 'mp3'],
  opus: ['-f', 'opus'],
  wav: ['-f', 'wav'],
}

/** @param file what is written */
export function container(format: Format, file: string): string[] {
  return [...CONTAINERS[format], file]
}

/**
 * Streams that come from a filter have no tags of their own, so each is told whose it has. Chapters
 * move with a cut, and not with a speed.
 */
export function kept(streams: {
  video: unknown
  audio: unknown
  track: number
  speed: number
}): string[] {
  return [
    '-map_metadata',
    '0',
    '-map_chapters',
    streams.speed === 1 ? '0' : '-1',
    '-dn',
    ...(streams.video === null ? [] : ['-map_metadata:s:v:0', '0:s:v:0']),
    ...(streams.audio === null ? [] : ['-map_metadata:s:a:0', `0:s:a:${streams.track - 1}`]),
  ]
}

/** Titles, places and device names are not passed on, and no data of unknown kind ever is. */
export const STRIPPED = ['-map_metadata', '-1', '-map_chapters', '-1', '-dn']
