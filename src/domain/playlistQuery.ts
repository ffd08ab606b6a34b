/** Adds a query, such as a signature, to the file names in the text files of a package. */
import { findFileType } from '../contract/fileTypes.ts'

function readExtension(name: string) {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** True for HLS playlists and DASH manifests. */
export function isPlaylist(name: string): boolean {
  return findFileType(name)?.role === 'playlist'
}
/** True if the file may contain the names of other files of the package. */
export function containsFileNames(name: string): boolean {
  return isPlaylist(name) || readExtension(name) === 'vtt'
}

/** Returns true for absolute URLs and absolute paths, which name no file of the package. */
function isOutside(uri: string) {
  return /^([a-z][a-z0-9+.-]*:|\/)/i.test(uri)
}

function append(uri: string, query: string): string {
  if (isOutside(uri)) {
    return uri
  }
  const [, path, fragment] = /^([^#]*)(.*)$/s.exec(uri)!
  return `${path}${path!.includes('?') ? '&' : '?'}${query}${fragment}`
}

/** Adds `query` to the file names in `text`, which is the content of the file `name`. */
export function addQuery(name: string, text: string, query: string): string {
  switch (readExtension(name)) {
    case 'm3u8':
      return addToPlaylist(text, query)
    case 'mpd':
      return addToManifest(text, query.replaceAll('&', '&amp;'))
    case 'vtt':
      return text.replaceAll(/^[a-z0-9_]+\.[a-z0-9]+#xywh=/gm, (uri) => append(uri, query))
    default:
      return text
  }
}

function addToPlaylist(text: string, query: string): string {
  return text
    .split('\n')
    .map((line) =>
      line.startsWith('#')
        ? line.replaceAll(/\bURI="([^"]*)"/g, (_, uri: string) => `URI="${append(uri, query)}"`)
        : line.replace(/^\S+/, (uri) => append(uri, query)),
    )
    .join('\n')
}

function addToManifest(text: string, query: string): string {
  return text
    .replaceAll(
      /\b(media|initialization|sourceURL)="([^"]*)"/g,
      (_, attribute: string, uri: string) => `${attribute}="${append(uri, query)}"`,
    )
    .replaceAll(
      // A BaseURL that ends in "/" is a folder, and gets no query.
      /<BaseURL>([^<]*[^</])<\/BaseURL>/g,
      (_, uri: string) => `<BaseURL>${append(uri, query)}</BaseURL>`,
    )
}
