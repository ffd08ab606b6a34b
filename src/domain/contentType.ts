/** Which content type a file has, by its extension: the one list of what can be stored. */

const CONTENT_TYPES = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
  avi: 'video/x-msvideo',
  mpg: 'video/mpeg',
  mpeg: 'video/mpeg',
  ts: 'video/mp2t',
  flv: 'video/x-flv',
  '3gp': 'video/3gpp',
  ogv: 'video/ogg',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
  srt: 'application/x-subrip',
  vtt: 'text/vtt',
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  m4s: 'video/iso.segment',
  json: 'application/json',
} as const

type Extension = keyof typeof CONTENT_TYPES
export const EXTENSIONS = Object.keys(CONTENT_TYPES) as Extension[]

const isExtension = (text: string): text is Extension => Object.hasOwn(CONTENT_TYPES, text)

/** The extension of a path that can be stored, in lower case, or null. */
export function extensionOf(path: string): Extension | null {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
  return isExtension(extension) ? extension : null
}

export const contentTypeOf = (extension: Extension): string => CONTENT_TYPES[extension]
