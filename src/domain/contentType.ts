/** Which content type a file has, by its extension. */

/** What can be stored as an original: that which is media or goes with it. */
const ORIGINALS = {
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
} as const
/** What is made and served besides; as originals these could name other files to who reads them. */
const MADE = {
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  m4s: 'video/iso.segment',
  json: 'application/json',
} as const

const TYPES: Record<string, string> = { ...ORIGINALS, ...MADE }
type Extension = keyof typeof ORIGINALS
export const EXTENSIONS = Object.keys(ORIGINALS) as Extension[]

function endOf(path: string) {
  return /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
}
function isExtension(text: string): text is Extension {
  return Object.hasOwn(ORIGINALS, text)
}

/** The extension of a path that can be stored, in lower case, or null. */
export function extensionOf(path: string): Extension | null {
  const extension = endOf(path)
  return isExtension(extension) ? extension : null
}

/** By the extension of a stored original or of a file that was made of one; null when there is none. */
export function contentTypeOf(path: string): string | null {
  const extension = endOf(path)
  return Object.hasOwn(TYPES, extension) ? TYPES[extension]! : null
}

export const OCTETS = 'application/octet-stream'
/** Of a variant that is one file, by its format. */
export function typeOfFormat(format: string): string {
  return contentTypeOf(`.${format}`) ?? OCTETS
}
