/** The text files of a package, which name its other files. */
import { findFileType } from '../contract/fileTypes.ts'

function endOf(name: string) {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** Whether a file grows while its package is being made. */
export function isPlaylist(name: string) {
  return findFileType(name)?.role === 'playlist'
}
/** Whether a file may name others. */
export function namesFiles(name: string) {
  return isPlaylist(name) || endOf(name) === 'vtt'
}

/** Beside its own kind a file is named by nothing but its name; what is elsewhere gets no query. */
function isElsewhere(uri: string) {
  return /^([a-z][a-z0-9+.-]*:|\/)/i.test(uri)
}

function add(uri: string, query: string): string {
  if (isElsewhere(uri)) {
    return uri
  }
  const [, path, fragment] = /^([^#]*)(.*)$/s.exec(uri)!
  return `${path}${path!.includes('?') ? '&' : '?'}${query}${fragment}`
}

/** Adds `query` to each file that a playlist, or a storyboard's list, names, so that it comes along. */
export function withQuery(name: string, text: string, query: string): string {
  switch (endOf(name)) {
    case 'm3u8':
      return text
        .split('\n')
        .map((line) =>
          line.startsWith('#')
            ? line.replaceAll(/\bURI="([^"]*)"/g, (_, uri: string) => `URI="${add(uri, query)}"`)
            : line.replace(/^\S+/, (uri) => add(uri, query)),
        )
        .join('\n')
    case 'mpd': {
      const escaped = query.replaceAll('&', '&amp;')
      return text
        .replaceAll(
          /\b(media|initialization|sourceURL)="([^"]*)"/g,
          (_, attribute: string, uri: string) => `${attribute}="${add(uri, escaped)}"`,
        )
        .replaceAll(
          // That of a file, and not of a folder that others are beneath.
          /<BaseURL>([^<]*[^</])<\/BaseURL>/g,
          (_, uri: string) => `<BaseURL>${add(uri, escaped)}</BaseURL>`,
        )
    }
    case 'vtt':
      return text.replaceAll(/^[a-z0-9_]+\.[a-z0-9]+#xywh=/gm, (uri) => add(uri, query))
    default:
      return text
  }
}
