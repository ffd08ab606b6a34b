/** Formats of variants, and the formats that each kind of variant can have. */

export const VIDEO_FORMATS = ['mp4', 'webm', 'mov', 'mkv'] as const
export const AUDIO_FORMATS = ['m4a', 'mp3', 'opus', 'wav'] as const
export const IMAGE_FORMATS = ['jpg', 'png', 'webp'] as const
export const PREVIEW_FORMATS = ['webp', 'gif', 'mp4'] as const
/** Both request the same package, which has HLS playlists and a DASH manifest. */
export const STREAM_FORMATS = ['hls', 'dash'] as const
export const FORMATS = [
  ...VIDEO_FORMATS,
  ...STREAM_FORMATS,
  ...AUDIO_FORMATS,
  ...IMAGE_FORMATS,
  'gif',
  'json',
] as const
export type Format = (typeof FORMATS)[number]

/** The formats that a transformation may request for each kind of variant. */
export const FORMATS_BY_KIND = {
  video: VIDEO_FORMATS,
  stream: STREAM_FORMATS,
  audio: AUDIO_FORMATS,
  image: IMAGE_FORMATS,
  preview: PREVIEW_FORMATS,
  sprite: IMAGE_FORMATS,
  wave: ['png', 'webp', 'jpg'],
  probe: ['json'],
} as const satisfies Record<string, readonly Format[]>
