/**
 * URLs that say what ffmpeg will read, for the server of the source: the second to which it seeks, so that the
 * fragments for it can be found in advance, or only the audio, so that no more has to be fetched.
 */

const SECOND = '?at='
const ONLY_AUDIO = '?audio'

/** The part of a source that ffmpeg reads. */
export interface SourceQuery {
  /** From the start of the file; null when ffmpeg reads from the start. */
  second: number | null
  isOnlyAudio: boolean
}

interface File {
  url: string
  probe: { isFragmented: boolean } | null
}

/**
 * @param file only the URL of a fragmented file gets a second
 * @param second from the start of the file; 0 when ffmpeg does not seek
 */
export function seekUrl({ url, probe }: File, second: number): string {
  return probe?.isFragmented === true && second > 0 ? `${url}${SECOND}${second.toFixed(3)}` : url
}

/** The URL for a command that decodes no video. For a fragmented file, it is that for all tracks. */
export function audioUrl(file: File, second: number): string {
  return file.probe?.isFragmented === true ? seekUrl(file, second) : `${file.url}${ONLY_AUDIO}`
}

/** Replaces all URLs of a file in a text. */
export function replaceUrls(text: string, url: string, name: string): string {
  return text.replaceAll(`${url}${ONLY_AUDIO}`, name).replaceAll(url, name)
}

/** @returns null for another path or an invalid query */
export function readSourceUrl(url: string, path: string): SourceQuery | null {
  if (url === path || url === `${path}${ONLY_AUDIO}`) {
    return { second: null, isOnlyAudio: url !== path }
  }
  const second = url.startsWith(`${path}${SECOND}`)
    ? Number(url.slice(path.length + SECOND.length))
    : Number.NaN
  return Number.isFinite(second) ? { second, isOnlyAudio: false } : null
}
