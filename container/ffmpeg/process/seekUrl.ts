/**
 * URLs that name the second to which ffmpeg will seek, so that the server can find the fragments
 * for that second in advance.
 */

const PARAMETER = '?at='

/**
 * @param file only the URL of a fragmented file gets a second
 * @param second from the start of the file; 0 when ffmpeg does not seek
 */
export function seekUrl(
  { url, probe }: { url: string; probe: { isFragmented: boolean } | null },
  second: number,
): string {
  return probe?.isFragmented === true && second > 0 ? `${url}${PARAMETER}${second.toFixed(3)}` : url
}

/** @returns null for a URL without a second; undefined for another path or an invalid second */
export function readSeekSecond(url: string, path: string): number | null | undefined {
  if (url === path) {
    return null
  }
  const second = url.startsWith(`${path}${PARAMETER}`)
    ? Number(url.slice(path.length + PARAMETER.length))
    : Number.NaN
  return Number.isFinite(second) ? second : undefined
}
