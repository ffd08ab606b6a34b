/** Options for each container and its metadata. */
import type { RenditionOf } from '../../../src/contract/rendition.ts'
import type { SourceFile } from '../edit/editedOutput.ts'
import { ffmpegOptions } from '../process/options.ts'

export type ContainerFormat = RenditionOf<'video' | 'audio'>['format']

/** ffmpeg's names of the containers. */
const MUXERS: Record<ContainerFormat, string> = {
  mp4: 'mp4',
  mov: 'mov',
  mkv: 'matroska',
  webm: 'webm',
  m4a: 'ipod',
  mp3: 'mp3',
  opus: 'opus',
  wav: 'wav',
}
/** Containers whose index is moved to the start, so that playback can begin during the download. */
const INDEXED: readonly ContainerFormat[] = ['mp4', 'mov', 'm4a']

/** Returns the options of the output, and its path. */
export function buildContainer(format: ContainerFormat, file: string): string[] {
  const movflags = INDEXED.includes(format) ? '+faststart' : null
  return [...ffmpegOptions({ movflags, f: MUXERS[format] }), file]
}

/**
 * Units of a second in which MP4 and MOV files store the start of a track. The usual unit, a
 * millisecond, would move the frames of a chunk.
 */
const EXACT_UNITS = { video: 120_000, audio: 14_112_000 } as const

/** Returns the options of a file of one track that is later joined with others, and its path. */
export function buildExactContainer(
  format: ContainerFormat,
  track: 'video' | 'audio',
  file: string,
): string[] {
  const isIndexed = INDEXED.includes(format)
  const movieTimescale = isIndexed ? EXACT_UNITS[track] : null
  return [...ffmpegOptions({ movie_timescale: movieTimescale, f: MUXERS[format] }), file]
}

/**
 * Returns the options that keep metadata. A stream that comes from a filter has no tags, so the
 * tags of its source are copied. ffmpeg shifts the times of chapters for a trim, but not for a
 * change of speed, so a change of speed drops the chapters. Data streams are never kept.
 */
export function keepMetadata(options: {
  hasVideo: boolean
  hasAudio: boolean
  source: SourceFile
  speed: number
  /** Number of the input that is the source. */
  input?: number
}): string[] {
  const { hasVideo, hasAudio, source, speed, input = 0 } = options
  const { video, audio } = source
  return ffmpegOptions({
    map_metadata: input,
    map_chapters: speed === 1 ? input : -1,
    dn: true,
    'map_metadata:s:v:0': hasVideo && video !== null ? `${input}:s:${video.index}` : null,
    'map_metadata:s:a:0': hasAudio && audio !== null ? `${input}:s:${audio.index}` : null,
  })
}

/** Removes titles, places, dates, device names, chapters and data streams. */
export const STRIP_METADATA: readonly string[] = ffmpegOptions({
  map_metadata: -1,
  map_chapters: -1,
  dn: true,
})
