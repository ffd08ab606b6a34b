/**
 * The files that go with a video: a poster, a storyboard and subtitles. The query of the page names
 * them; otherwise the service names in the page those that exist and that everyone may read.
 */
export interface Companions {
  poster: string | null
  /** URL of the WebVTT file of a storyboard. */
  storyboard: string | null
  subtitles: string[]
}

/** Only files of this service: the policy of the page allows no others. */
function isVariantUrl(url: string): boolean {
  return url.startsWith('/t/')
}

export function readCompanions(): Companions {
  const query = new URLSearchParams(location.search)
  const { dataset } = document.body
  const read = (name: 'poster' | 'storyboard' | 'subtitles') => {
    const own = query.getAll(name).filter(isVariantUrl)
    const found = dataset[name]
    return own.length > 0 || found === undefined ? own : [found]
  }
  return {
    poster: read('poster')[0] ?? null,
    storyboard: read('storyboard')[0] ?? null,
    subtitles: read('subtitles'),
  }
}

/** The language of `/t/videos/clip.de.vtt`; null without one. */
export function readLanguage(url: string): string | null {
  return /\.([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)\.vtt(?:$|\?)/.exec(url)?.[1] ?? null
}
