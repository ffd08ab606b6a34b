/** ffmpeg's options for each container. */
import type { RenditionOf } from '../../src/contract/rendition.ts'

/** With the index in front, so that a player can begin before it has all. */
const FAST_START = ['-movflags', '+faststart']

const CONTAINERS: Record<RenditionOf<'video' | 'audio'>['format'], string[]> = {
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
export function container(format: keyof typeof CONTAINERS, file: string): string[] {
  return [...CONTAINERS[format], file]
}

/** Titles, places and device names are not passed on, and no data of unknown kind ever is. */
export const STRIPPED = ['-map_metadata', '-1', '-map_chapters', '-1', '-dn']
