/** A seek bar that shows the picture under the pointer, from the images of a storyboard. */

export interface Cue {
  startSeconds: number
  url: string
  x: number
  y: number
  width: number
  height: number
}

/** Reads the WebVTT of a storyboard, whose cues name a part of a picture: `sheet.jpg#xywh=0,0,160,90`. */
export function parseStoryboard(text: string, url: string): Cue[] {
  const cues = /(\d+):(\d\d):(\d\d\.\d+) --> .*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g
  return [...text.matchAll(cues)].map(([, hours, minutes, seconds, file, ...box]) => {
    const [x, y, width, height] = box.map(Number) as [number, number, number, number]
    return {
      startSeconds: Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds),
      url: new URL(file!, url).href,
      x,
      y,
      width,
      height,
    }
  })
}

function formatTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return `${minutes}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`
}

/** @throws if the storyboard cannot be read */
export async function addStoryboard(
  root: HTMLElement,
  video: HTMLVideoElement,
  source: string,
): Promise<void> {
  const response = await fetch(source)
  const cues = response.ok ? parseStoryboard(await response.text(), response.url) : []
  if (cues.length === 0 || !video.isConnected) {
    return
  }
  const bar = document.createElement('input')
  bar.type = 'range'
  bar.step = '0.1'
  bar.ariaLabel = 'Seek'
  const preview = document.createElement('div')
  preview.className = 'preview'
  preview.hidden = true
  const time = document.createElement('span')
  preview.append(time)
  const strip = document.createElement('div')
  strip.className = 'storyboard'
  strip.append(preview, bar)
  root.append(strip)

  function update(): void {
    bar.max = String(video.duration || 0)
    bar.value = String(video.currentTime)
    bar.ariaValueText = `${formatTime(video.currentTime)} of ${formatTime(video.duration || 0)}`
  }
  function showPreview(seconds: number): void {
    const cue = cues.findLast(({ startSeconds }) => startSeconds <= seconds) ?? cues[0]!
    const share = seconds / (video.duration || 1)
    preview.style.width = `${cue.width}px`
    preview.style.height = `${cue.height}px`
    preview.style.left = `${share * Math.max(0, strip.clientWidth - cue.width)}px`
    preview.style.backgroundImage = `url("${cue.url}")`
    preview.style.backgroundPosition = `-${cue.x}px -${cue.y}px`
    time.textContent = formatTime(seconds)
    preview.hidden = false
  }
  update()
  for (const name of ['timeupdate', 'durationchange', 'seeked']) {
    video.addEventListener(name, update)
  }
  bar.addEventListener('input', () => {
    video.currentTime = Number(bar.value)
    showPreview(Number(bar.value))
  })
  bar.addEventListener('pointermove', ({ offsetX }) => {
    const share = Math.min(Math.max(0, offsetX / bar.clientWidth), 1)
    showPreview(share * (video.duration || 0))
  })
  for (const name of ['pointerleave', 'blur', 'change']) {
    bar.addEventListener(name, () => (preview.hidden = true))
  }
}
