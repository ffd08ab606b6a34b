/** Shows a file: a stream, a video, audio or a picture. */
import { useEffect, useRef } from 'preact/hooks'

/** Plays an HLS stream. hls.js is loaded only for it. */
function Stream({ url, label }: { url: string; label: string }) {
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
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
  return <video ref={video} controls playsInline aria-label={label} />
}

interface PlayerProps {
  url: string
  /** File type, for example "mp4" or "hls". */
  type: string
  label: string
}
export function Player({ url, type, label }: PlayerProps) {
  if (type === 'hls') {
    return <Stream url={url} label={label} />
  }
  if (['jpg', 'jpeg', 'png', 'webp', 'avif', 'gif'].includes(type)) {
    return <img src={url} alt={label} />
  }
  if (['mp3', 'm4a', 'aac', 'wav', 'ogg', 'oga', 'opus', 'flac'].includes(type)) {
    return <audio src={url} controls aria-label={label} />
  }
  if (['mp4', 'm4v', 'mov', 'webm'].includes(type)) {
    return <video src={url} controls playsInline preload="metadata" aria-label={label} />
  }
  return <a href={url}>Download {label.toLowerCase()}</a>
}
