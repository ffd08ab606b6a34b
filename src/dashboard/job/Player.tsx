/** Shows a file: a stream, a video, audio or a picture. */
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** Plays an HLS stream. hls.js is loaded only for it. */
function useStream(video: RefObject<HTMLVideoElement | null>, url: string | null): void {
  useEffect(() => {
    if (url === null) {
      return
    }
    let stop = () => {}
    let stopped = false
    void import('hls.js').then(({ default: Hls }) => {
      if (stopped) {
        return
      }
      // The policy of the page allows no worker from a blob.
      const hls = new Hls({ enableWorker: false, startPosition: 0 })
      hls.loadSource(url)
      hls.attachMedia(video.current!)
      stop = () => hls.destroy()
    })
    return () => {
      stopped = true
      stop()
    }
  }, [url])
}

interface VideoProps {
  url: string
  isStream: boolean
  label: string
  storyboard: string | null
}
function Video({ url, isStream, label, storyboard }: VideoProps) {
  const root = useRef<HTMLDivElement>(null)
  const video = useRef<HTMLVideoElement>(null)
  useStream(video, isStream ? url : null)
  useEffect(() => {
    if (storyboard === null) {
      return
    }
    // Without its storyboard, a video plays too.
    void import('../../embed/storyboard.ts')
      .then(({ addStoryboard }) => addStoryboard(root.current!, video.current!, storyboard))
      .catch(() => undefined)
    return () => root.current?.querySelector('.storyboard')?.remove()
  }, [url, storyboard])
  return (
    <div ref={root} class="player">
      <video
        ref={video}
        {...(!isStream && { src: url })}
        controls
        playsInline
        preload="metadata"
        aria-label={label}
      />
    </div>
  )
}

interface PlayerProps {
  url: string
  /** File type, for example "mp4" or "hls". */
  type: string
  label: string
  /** URL of a storyboard, which is shown above a seek bar. */
  storyboard: string | null
}
export function Player({ url, type, label, storyboard }: PlayerProps) {
  if (['jpg', 'jpeg', 'png', 'webp', 'avif', 'gif'].includes(type)) {
    return <img src={url} alt={label} />
  }
  if (['mp3', 'm4a', 'aac', 'wav', 'ogg', 'oga', 'opus', 'flac'].includes(type)) {
    return <audio src={url} controls aria-label={label} />
  }
  if (['hls', 'mp4', 'm4v', 'mov', 'webm'].includes(type)) {
    return <Video url={url} isStream={type === 'hls'} label={label} storyboard={storyboard} />
  }
  return <a href={url}>Download {label.toLowerCase()}</a>
}
