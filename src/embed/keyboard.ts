/** Keys that control the video wherever the focus is, as far as the focused element has no use for them. */
const SEEK_SECONDS = 5
const VOLUME_STEP = 0.1

type Action = (video: HTMLVideoElement) => void

function seek(video: HTMLVideoElement, seconds: number): void {
  video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), video.duration || 0)
}

function changeVolume(video: HTMLVideoElement, step: number): void {
  video.volume = Math.min(Math.max(0, video.volume + step), 1)
}

function togglePlay(video: HTMLVideoElement): void {
  if (video.paused) {
    void video.play().catch(() => undefined)
  } else {
    video.pause()
  }
}

function toggleFullscreen(): void {
  const change = document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen()
  // A page may not allow it for its frames.
  change.catch(() => undefined)
}

function toggleSubtitles({ textTracks }: HTMLVideoElement): void {
  const tracks = [...textTracks].filter(({ kind }) => kind === 'subtitles' || kind === 'captions')
  const isShown = tracks.some(({ mode }) => mode === 'showing')
  for (const [index, track] of tracks.entries()) {
    track.mode = !isShown && index === 0 ? 'showing' : 'hidden'
  }
}

const ACTIONS: Record<string, Action> = {
  ' ': togglePlay,
  k: togglePlay,
  ArrowLeft: (video) => seek(video, -SEEK_SECONDS),
  j: (video) => seek(video, -SEEK_SECONDS),
  ArrowRight: (video) => seek(video, SEEK_SECONDS),
  l: (video) => seek(video, SEEK_SECONDS),
  ArrowUp: (video) => changeVolume(video, VOLUME_STEP),
  ArrowDown: (video) => changeVolume(video, -VOLUME_STEP),
  Home: (video) => seek(video, -video.duration),
  m: (video) => (video.muted = !video.muted),
  c: toggleSubtitles,
  f: toggleFullscreen,
}

export function controlByKeyboard(root: HTMLElement): void {
  addEventListener('keydown', (event) => {
    const video = root.querySelector('video')
    const action = ACTIONS[event.key]
    const isOwn = event.target === document.body || event.target === document.documentElement
    if (!video || !action || !isOwn || event.ctrlKey || event.metaKey || event.altKey) {
      return
    }
    event.preventDefault()
    action(video)
  })
}
