/** Stores files and creates a job for a variant of each. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Transformation, UploadProgress } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { describeError, formatBytes } from '../format.ts'
import { Problem } from '../parts.tsx'
import { DropZone } from './DropZone.tsx'
import { KeptUploads } from './KeptUploads.tsx'
import { findKept, storeFile } from './keptUploads.ts'
import { Presets } from './Presets.tsx'
import { SameRequest } from './SameRequest.tsx'
import { type Field, TransformationFields } from './TransformationFields.tsx'

interface Upload extends UploadProgress {
  name: string
}

function joinPath(folder: string, name: string): string {
  return [...folder.split('/'), name].filter((segment) => segment !== '').join('/')
}

export function SubmitPage({ session }: { session: Session }) {
  const [files, setFiles] = useState<File[]>([])
  const [folder, setFolder] = useState(session.pathPrefix ?? 'videos')
  const [queue, setQueue] = useState(session.queue ?? 'default')
  const [values, setValues] = useState<Record<string, Field>>({})
  const [upload, setUpload] = useState<Upload | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const stopped = useRef<AbortController | null>(null)
  const isShown = useRef(true)
  useEffect(() => () => void (isShown.current = false), [])
  const mayStore = session.scopes.includes('files:write')

  function choose(chosen: File[]): void {
    setFiles(chosen)
    const kept = chosen[0] && findKept(chosen[0])
    if (kept) {
      setFolder(kept.filePath.split('/').slice(0, -1).join('/'))
    }
  }
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setProblem(null)
    stopped.current = new AbortController()
    const { signal } = stopped.current
    try {
      let last = ''
      for (const file of files) {
        const filePath = joinPath(folder, file.name)
        setUpload({ name: file.name, sentBytes: 0, totalBytes: file.size })
        await storeFile(filePath, file, {
          signal,
          onProgress: (progress) => setUpload({ name: file.name, ...progress }),
        })
        const transformations = [values as Transformation]
        const [job] = await client.jobs.create({ filePath, transformations, queue }, { signal })
        last = job!.id
      }
      // The upload goes on while other pages are shown, and does not leave them.
      if (isShown.current) {
        location.hash = files.length === 1 ? `/jobs/${last}` : '/jobs'
      }
    } catch (error) {
      setProblem(signal.aborted ? 'Stopped. Start again to continue.' : describeError(error))
      setUpload(null)
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <h1>Submit</h1>
      {!mayStore && (
        <p class="hint">This key may not store files, so nothing can be uploaded here.</p>
      )}
      {mayStore && upload === null && <KeptUploads />}
      {mayStore && <DropZone files={files} onFiles={choose} />}
      <div class="fields">
        <label>
          Folder
          <input
            name="folder"
            value={folder}
            onInput={({ currentTarget }) => setFolder(currentTarget.value)}
          />
        </label>
        {session.queue === null && (
          <label>
            Queue
            <input
              name="queue"
              required
              value={queue}
              onChange={({ currentTarget }) => setQueue(currentTarget.value.trim())}
            />
          </label>
        )}
      </div>
      <Presets session={session} queue={queue} values={values} onChange={setValues} />
      <TransformationFields values={values} onChange={setValues} />
      {problem && <Problem>{problem}</Problem>}
      {upload && (
        <div class="progress">
          <progress
            max={upload.totalBytes}
            value={upload.sentBytes}
            aria-label={`Upload of ${upload.name}`}
          />
          <small>
            {upload.name}: {formatBytes(upload.sentBytes)} of {formatBytes(upload.totalBytes)}
          </small>
        </div>
      )}
      <div class="actions">
        <button class="primary" disabled={files.length === 0 || upload !== null}>
          {upload ? 'Uploading …' : 'Upload and create jobs'}
        </button>
        {upload && (
          <button type="button" onClick={() => stopped.current?.abort()}>
            Stop
          </button>
        )}
      </div>
      <SameRequest
        filePath={joinPath(folder, files[0]?.name ?? 'clip.mp4')}
        queue={queue}
        transformation={values as Transformation}
      />
    </form>
  )
}
