/** Which codecs each container holds, and which one it has by default: the first. */
import type { Rendition } from '../contract/rendition.ts'
import type { AUDIO_CODECS, VIDEO_CODECS } from '../contract/transformation.ts'

type Format = Rendition['format']
type Video = (typeof VIDEO_CODECS)[number]
type Audio = (typeof AUDIO_CODECS)[number]

const VIDEO: Partial<Record<Format, readonly Video[]>> = {
  mp4: ['h264', 'h265', 'av1', 'vp9'],
  mov: ['h264', 'h265'],
  mkv: ['h264', 'h265', 'vp9', 'av1'],
  webm: ['vp9', 'av1'],
  // VP9 in HLS is played by next to nobody.
  hls: ['h264', 'h265', 'av1'],
}
const AUDIO: Partial<Record<Format, readonly Audio[]>> = {
  mp4: ['aac', 'mp3', 'opus', 'copy', 'none'],
  mov: ['aac', 'mp3', 'pcm', 'copy', 'none'],
  mkv: ['aac', 'opus', 'mp3', 'pcm', 'copy', 'none'],
  webm: ['opus', 'copy', 'none'],
  hls: ['aac', 'none'],
  m4a: ['aac', 'copy'],
  mp3: ['mp3', 'copy'],
  opus: ['opus', 'copy'],
  wav: ['pcm'],
}

export function takesVideo(format: Format, codec: Video) {
  return VIDEO[format]?.includes(codec) ?? false
}
export function takesAudio(format: Format, codec: Audio) {
  return AUDIO[format]?.includes(codec) ?? false
}
export function defaultVideo(format: Format): Video {
  return VIDEO[format]?.[0] ?? 'h264'
}
export function defaultAudio(format: Format): Audio {
  return AUDIO[format]?.[0] ?? 'none'
}
