/**
 * Codecs: their names in the API, in ffprobe's output and as ffmpeg encoders, and the codecs that
 * each container accepts.
 */
import type {
  AUDIO_FORMATS,
  IMAGE_FORMATS,
  PREVIEW_FORMATS,
  STREAM_FORMATS,
  VIDEO_FORMATS,
} from './formats.ts'

export const VIDEO_CODECS = ['h264', 'h265', 'vp9', 'av1'] as const
export type VideoCodec = (typeof VIDEO_CODECS)[number]
/** `copy` copies the audio track, `none` removes it. */
export const AUDIO_CODECS = ['aac', 'opus', 'mp3', 'pcm', 'copy', 'none'] as const
export type AudioCodec = (typeof AUDIO_CODECS)[number]
/** Audio codecs that have an encoder. */
export type EncodedAudioCodec = Exclude<AudioCodec, 'copy' | 'none'>

/**
 * ffmpeg's names of the encoders. A runner that lists its encoders in a claim gets no job that
 * requires another.
 */
export const VIDEO_ENCODERS = {
  h264: 'libx264',
  h265: 'libx265',
  vp9: 'libvpx-vp9',
  av1: 'libsvtav1',
} as const satisfies Record<VideoCodec, string>
export const AUDIO_ENCODERS = {
  aac: 'aac',
  opus: 'libopus',
  mp3: 'libmp3lame',
  pcm: 'pcm_s16le',
} as const satisfies Record<EncodedAudioCodec, string>
export const IMAGE_ENCODERS = {
  jpg: 'mjpeg',
  png: 'png',
  webp: 'libwebp',
} as const satisfies Record<(typeof IMAGE_FORMATS)[number], string>
export const PREVIEW_ENCODERS = {
  webp: 'libwebp_anim',
  gif: 'gif',
  mp4: VIDEO_ENCODERS.h264,
} as const satisfies Record<(typeof PREVIEW_FORMATS)[number], string>

/** True if `ab` sets the bit rate of the audio. */
export const HAS_BIT_RATE: Readonly<Record<AudioCodec, boolean>> = {
  aac: true,
  opus: true,
  mp3: true,
  pcm: false,
  copy: false,
  none: false,
}

/** The names of the codecs in ffprobe's output. */
export const PROBED_VIDEO_CODECS = {
  h264: 'h264',
  h265: 'hevc',
  vp9: 'vp9',
  av1: 'av1',
} as const satisfies Record<VideoCodec, string>
export const PROBED_AUDIO_CODECS = {
  aac: 'aac',
  opus: 'opus',
  mp3: 'mp3',
  pcm: 'pcm_s16le',
} as const satisfies Record<EncodedAudioCodec, string>

/** The containers that hold video or audio. */
export type Container =
  | (typeof VIDEO_FORMATS)[number]
  | (typeof AUDIO_FORMATS)[number]
  | Exclude<(typeof STREAM_FORMATS)[number], 'dash'>

export interface ContainerCodecs {
  /** Values of `vc`. */
  video: readonly VideoCodec[]
  /**
   * Values of `ac`. If no plan with `copy` is possible for a file, a probe plans with the first
   * value, to find the obstacles of the video too.
   */
  audio: readonly AudioCodec[]
  /** Codecs of the audio tracks that can be stream copied, by ffprobe's names; null for any. */
  copiedAudio: readonly string[] | null
}

export const CONTAINERS: Readonly<Record<Container, ContainerCodecs>> = {
  mp4: {
    video: ['h264', 'h265', 'av1', 'vp9'],
    audio: ['aac', 'mp3', 'opus', 'copy', 'none'],
    copiedAudio: ['aac', 'mp3', 'opus', 'ac3', 'eac3', 'alac', 'flac'],
  },
  mov: {
    video: ['h264', 'h265'],
    audio: ['aac', 'mp3', 'pcm', 'copy', 'none'],
    copiedAudio: [
      'aac',
      'mp3',
      'ac3',
      'eac3',
      'alac',
      'pcm_s16le',
      'pcm_s16be',
      'pcm_s24le',
      'pcm_s24be',
    ],
  },
  mkv: {
    video: ['h264', 'h265', 'vp9', 'av1'],
    audio: ['aac', 'opus', 'mp3', 'pcm', 'copy', 'none'],
    copiedAudio: null,
  },
  webm: {
    video: ['vp9', 'av1'],
    audio: ['opus', 'copy', 'none'],
    copiedAudio: ['opus', 'vorbis'],
  },
  // Hardly any player accepts VP9 in HLS.
  hls: { video: ['h264', 'h265', 'av1'], audio: ['aac', 'none'], copiedAudio: [] },
  m4a: { video: [], audio: ['aac', 'copy'], copiedAudio: ['aac', 'alac', 'ac3'] },
  mp3: { video: [], audio: ['mp3', 'copy'], copiedAudio: ['mp3'] },
  opus: { video: [], audio: ['opus', 'copy'], copiedAudio: ['opus'] },
  wav: { video: [], audio: ['pcm'], copiedAudio: ['pcm_s16le', 'pcm_s24le'] },
}

/** Returns the codecs of a container; null for other formats, such as images. */
export function containerCodecs(format: string): ContainerCodecs | null {
  return Object.hasOwn(CONTAINERS, format) ? CONTAINERS[format as Container] : null
}
