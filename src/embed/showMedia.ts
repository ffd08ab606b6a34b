/** Shows a stream, a video, audio or a picture. */
import { type Companions, readLanguage } from './companions.ts'
import { addStoryboard } from './storyboard.ts'

export interface Playable {
  url: string
  /** "stream", or a media type such as "video/mp4". */
  type: string
}

/** @param reached position of the playback, in seconds */
type OnBroken = (problem: string, reached: number) => void

const wantsAutoplay = new URLSearchParams(location.search).get('autoplay') === 'true'
const NOT_PLAYABLE = 'This browser cannot play the file.'

export function showMedia(
  root: HTMLElement,
  media: Playable,
  companions: Companions,
  position: number,
  onBroken: OnBroken,
): void {
  const kind = media.type.split('/')[0]
  if (kind === 'image') {
    const image = document.createElement('img')
    image.src = media.url
    image.alt = readName(media.url)
    return root.replaceChildren(image)
  }
  if (kind === 'audio') {
    const audio = document.createElement('audio')
    audio.controls = true
    audio.src = media.url
    return root.replaceChildren(audio)
  }
  if (kind !== 'video' && kind !== 'stream') {
    const link = document.createElement('a')
    link.href = media.url
    link.textContent = `Download ${readName(media.url)}`
    const text = document.createElement('p')
    text.append(link)
    return root.replaceChildren(text)
  }
  const video = createVideo(media, companions)
  root.replaceChildren(video)
  if (companions.storyboard !== null) {
    void addStoryboard(root, video, companions.storyboard).catch(() => undefined)
  }
  if (kind === 'stream') {
    void playStream(video, media.url, position, onBroken)
  } else {
    video.src = media.url
    video.currentTime = position
    video.addEventListener('error', () => onBroken(NOT_PLAYABLE, video.currentTime))
  }
}

/** The file name of an original, from the URL of a variant. */
function readName(url: string): string {
  return decodeURIComponent(new URL(url, location.href).pathname.split('/').at(-1)!)
}

function createVideo({ url }: Playable, { poster, subtitles }: Companions): HTMLVideoElement {
  const video = document.createElement('video')
  video.controls = true
  video.playsInline = true
  video.preload = 'metadata'
  video.ariaLabel = readName(url.replace(/\/master\.m3u8/, ''))
  if (poster !== null) {
    video.poster = poster
  }
  // Browsers start a video by themselves only if it is silent.
  video.autoplay = wantsAutoplay
  video.muted = wantsAutoplay
  for (const source of subtitles) {
    const track = document.createElement('track')
    const language = readLanguage(source)
    track.kind = 'subtitles'
    track.src = source
    track.srclang = language ?? 'und'
    track.label = language
      ? new Intl.DisplayNames([navigator.language], { type: 'language' }).of(language)!
      : 'Subtitles'
    video.append(track)
  }
  return video
}

async function playStream(
  video: HTMLVideoElement,
  url: string,
  position: number,
  onBroken: OnBroken,
): Promise<void> {
  // Only streams need it.
  const { default: Hls } = await import('hls.js')
  if (!Hls.isSupported()) {
    video.src = url
    video.addEventListener('error', () => onBroken(NOT_PLAYABLE, video.currentTime))
    return
  }
  // The policy of the page allows no worker from a blob.
  const hls = new Hls({ enableWorker: false, startPosition: position })
  hls.on(Hls.Events.ERROR, (_, { fatal, details }) => {
    if (fatal) {
      hls.destroy()
      onBroken(`The stream cannot be played (${details}).`, video.currentTime)
    }
  })
  hls.loadSource(url)
  hls.attachMedia(video)
}
