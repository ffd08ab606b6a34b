import { useUpload, useVideoStatus } from '@reelqueue/client/react'
import { type ChangeEvent, useState } from 'react'

const SMALL = { width: 320 }

export function App() {
  const [filePath, setFilePath] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const { upload, status, sentBytes, totalBytes, error } = useUpload()

  async function submit({ target }: ChangeEvent<HTMLInputElement>): Promise<void> {
    const [file] = target.files ?? []
    if (!file) {
      return
    }
    setProblem(null)
    try {
      const signed = await post('/api/uploads', { fileName: file.name })
      if (await upload({ signedUrl: signed['uploadUrl']! }, file)) {
        await post('/api/videos', { filePath: signed['filePath']! })
        setFilePath(signed['filePath']!)
      }
    } catch (failure) {
      setProblem((failure as Error).message)
    }
  }

  return (
    <main>
      <h1>Share a video</h1>
      <label>
        Video: <input type="file" accept="video/*" onChange={(event) => void submit(event)} />
      </label>
      {status === 'uploading' && (
        <p>
          Uploading: <progress value={sentBytes} max={totalBytes || 1} />
        </p>
      )}
      <p role="alert">{problem ?? error?.message}</p>
      {filePath !== null && <Video filePath={filePath} />}
    </main>
  )
}

/** Shows the progress, then the video. */
function Video({ filePath }: { filePath: string }) {
  const { video, isReady, url } = useVideoStatus(filePath, SMALL)
  const poster = useVideoStatus(filePath, { ...SMALL, thumbnail: true })
  if (video?.status === 'error') {
    return <p role="alert">{video.error}</p>
  }
  if (!isReady) {
    return (
      <p>
        Processing: <progress value={video?.progress ?? 0} max={100} />
      </p>
    )
  }
  return <video src={url} {...(poster.isReady && { poster: poster.url })} controls muted />
}

async function post(path: string, body: Record<string, string>): Promise<Record<string, string>> {
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
  const result = (await response.json()) as Record<string, string>
  if (!response.ok) {
    throw new Error(result['message'])
  }
  return result
}
