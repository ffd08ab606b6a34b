/** File types by extension: content type, role, container family and forced demuxer. */

type Role = 'video' | 'audio' | 'image' | 'subtitles' | 'playlist' | 'data'

export interface FileType {
  contentType: string
  role: Role
  /**
   * The content check does not distinguish the files of one family, so an upload may have any
   * extension of the family.
   */
  family: string
  /**
   * The ffmpeg demuxer with which a reference file is opened, whatever its content is. Null: no
   * demuxer is forced, and the file is probed as media.
   */
  demuxer: string | null
}

function type(
  role: Role,
  contentType: string,
  family: string,
  demuxer: string | null = null,
): FileType {
  return { role, contentType, family, demuxer }
}

/** Maximum size of subtitles. Those of a long film are far smaller. */
export const MAX_SUBTITLES_BYTES = 4 * 1024 ** 2

/** Files that can be stored as originals: media, images and subtitles. */
const ORIGINALS = {
  mp4: type('video', 'video/mp4', 'mp4'),
  m4v: type('video', 'video/mp4', 'mp4'),
  mov: type('video', 'video/quicktime', 'mp4'),
  webm: type('video', 'video/webm', 'matroska'),
  mkv: type('video', 'video/x-matroska', 'matroska'),
  avi: type('video', 'video/x-msvideo', 'avi'),
  mpg: type('video', 'video/mpeg', 'mpeg'),
  mpeg: type('video', 'video/mpeg', 'mpeg'),
  ts: type('video', 'video/mp2t', 'mpeg'),
  mts: type('video', 'video/mp2t', 'mpeg'),
  m2ts: type('video', 'video/mp2t', 'mpeg'),
  flv: type('video', 'video/x-flv', 'flv'),
  f4v: type('video', 'video/mp4', 'mp4'),
  wmv: type('video', 'video/x-ms-wmv', 'asf'),
  asf: type('video', 'video/x-ms-asf', 'asf'),
  '3gp': type('video', 'video/3gpp', 'mp4'),
  '3g2': type('video', 'video/3gpp2', 'mp4'),
  ogv: type('video', 'video/ogg', 'ogg'),
  jpg: type('image', 'image/jpeg', 'jpeg', 'jpeg_pipe'),
  jpeg: type('image', 'image/jpeg', 'jpeg', 'jpeg_pipe'),
  png: type('image', 'image/png', 'png', 'png_pipe'),
  webp: type('image', 'image/webp', 'webp', 'webp_pipe'),
  gif: type('image', 'image/gif', 'gif'),
  mp3: type('audio', 'audio/mpeg', 'mp3'),
  m4a: type('audio', 'audio/mp4', 'mp4'),
  m4b: type('audio', 'audio/mp4', 'mp4'),
  aac: type('audio', 'audio/aac', 'aac'),
  mka: type('audio', 'audio/x-matroska', 'matroska'),
  wma: type('audio', 'audio/x-ms-wma', 'asf'),
  wav: type('audio', 'audio/wav', 'wav'),
  ogg: type('audio', 'audio/ogg', 'ogg'),
  oga: type('audio', 'audio/ogg', 'ogg'),
  opus: type('audio', 'audio/ogg', 'ogg'),
  flac: type('audio', 'audio/flac', 'flac'),
  srt: type('subtitles', 'application/x-subrip', 'srt', 'srt'),
  vtt: type('subtitles', 'text/vtt', 'vtt', 'webvtt'),
} as const satisfies Record<string, FileType>
/**
 * Files of variants that cannot be uploaded as originals. A playlist as an original could make
 * ffmpeg read other files.
 */
const OUTPUTS = {
  m3u8: type('playlist', 'application/vnd.apple.mpegurl', 'm3u8'),
  mpd: type('playlist', 'application/dash+xml', 'mpd'),
  m4s: type('video', 'video/iso.segment', 'm4s'),
  json: type('data', 'application/json', 'json'),
} as const satisfies Record<string, FileType>

/** Families of extensions that content detection can report, but that no original can have. */
const DETECTED_FAMILIES: Readonly<Record<string, string>> = {
  apng: 'png',
  m4p: 'mp4',
  ogx: 'ogg',
  ogm: 'ogg',
}

const FILE_TYPES: Readonly<Record<string, FileType>> = { ...ORIGINALS, ...OUTPUTS }
type Extension = keyof typeof ORIGINALS
/** The extensions of files that can be stored. */
export const EXTENSIONS = Object.keys(ORIGINALS) as Extension[]

export const OCTET_STREAM = 'application/octet-stream'

/** Returns the extensions of originals that have this role. */
export function listExtensions(role: Role): Extension[] {
  return EXTENSIONS.filter((extension) => ORIGINALS[extension].role === role)
}

/** Returns the extensions of images that can be a watermark. GIF is not one of them. */
export function listWatermarkExtensions(): Extension[] {
  return listExtensions('image').filter((extension) => ORIGINALS[extension].demuxer !== null)
}

/** The text after the last dot of a file name, in lower case; empty if the name has no dot. */
function readEnding(path: string): string {
  return /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
}

/** The type of a stored or served file, by its extension; null for any other extension. */
export function findFileType(path: string): FileType | null {
  const ending = readEnding(path)
  return Object.hasOwn(FILE_TYPES, ending) ? FILE_TYPES[ending]! : null
}

/** The extension of a path that can be stored, in lower case; null for any other path. */
export function readExtension(path: string): Extension | null {
  const ending = readEnding(path)
  return Object.hasOwn(ORIGINALS, ending) ? (ending as Extension) : null
}

/** The content type of a file extension or a format of variants. */
export function formatContentType(format: string): string {
  return findFileType(`.${format}`)?.contentType ?? OCTET_STREAM
}

/** The container family of an extension. An unknown extension is a family of its own. */
export function findFamily(extension: string): string {
  return DETECTED_FAMILIES[extension] ?? findFileType(`.${extension}`)?.family ?? extension
}
