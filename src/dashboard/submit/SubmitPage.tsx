/** Stores files, or has one imported, and creates a job for a variant of each. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Transformation, UploadProgress } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { describeError, formatBytes } from '../format.ts'
import { Problem } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'
import { DropZone } from './DropZone.tsx'
import { KeptUploads } from './KeptUploads.tsx'
import { findKept, storeFile } from './keptUploads.ts'
import { Presets } from './Presets.tsx'
import { RemoteFile } from './RemoteFile.tsx'
import { SameRequest } from './SameRequest.tsx'
import {
  type Field,
  loadKeys,
  TransformationFields,
  type TransformationKeys,
} from './TransformationFields.tsx'

interface Upload extends UploadProgress {
  name: string
}

function joinPath(folder: string, name: string): string {
  return [...folder.split('/'), name].filter((segment) => segment !== '').join('/')
}

/** Shows the form once its fields are known, so that they do not move what a visitor is about to click. */
export function SubmitPage({ session }: { session: Session }) {
  const { value: keys, error } = useLoaded(loadKeys, [])
  return (
    <>
      <h1>Submit</h1>
      {keys && <SubmitForm session={session} keys={keys} />}
      {!keys && (error ? <Problem>{error}</Problem> : <p>Loading …</p>)}
    </>
  )
}

function SubmitForm({ session, keys }: { session: Session; keys: TransformationKeys }) {
  const [files, setFiles] = useState<File[]>([])
  const [remote, setRemote] = useState({ url: '', name: '' })
  const [folder, setFolder] = useState(session.pathPrefix ?? 'videos')
  const [queue, setQueue] = useState(session.queue ?? 'default')
  const [values, setValues] = useState<Record<string, Field>>({})
  const [upload, setUpload] = useState<Upload | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const stopped = useRef<AbortController | null>(null)
  const isShown = useRef(true)
  useEffect(() => () => void (isShown.current = false), [])
  const mayStore = session.scopes.includes('files:write')
  // Chosen files come first.
  const isImport = remote.url !== '' && files.length === 0
  const filePath = joinPath(folder, files[0]?.name ?? (isImport ? remote.name : 'clip.mp4'))
  const file = isImport ? { source: { url: remote.url, filePath } } : { filePath }

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
    const transformations = [values as Transformation]
    try {
      let last = ''
      if (isImport) {
        const request = { ...file, transformations, queue }
        const [job] = await client.jobs.create(request, { signal })
        last = job.id
      }
      for (const chosen of files) {
        const { name, size } = chosen
        const path = joinPath(folder, name)
        setUpload({ name, sentBytes: 0, totalBytes: size })
        await storeFile(path, chosen, {
          signal,
          onProgress: (progress) => setUpload({ name, ...progress }),
        })
        const request = { filePath: path, transformations, queue }
        const [job] = await client.jobs.create(request, { signal })
        last = job.id
      }
      // The upload goes on while other pages are shown, and does not leave them.
      if (isShown.current) {
        location.hash = files.length <= 1 ? `/jobs/${last}` : '/jobs'
      }
    } catch (error) {
      setProblem(signal.aborted ? 'Stopped. Start again to continue.' : describeError(error))
      setUpload(null)
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      {!mayStore && (
        <p class="hint">This key may not store files, so nothing can be uploaded here.</p>
      )}
      {mayStore && upload === null && <KeptUploads />}
      {mayStore && <DropZone files={files} onFiles={choose} />}
      {mayStore && (
        <RemoteFile remote={remote} isDisabled={files.length > 0} onChange={setRemote} />
      )}
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
      <TransformationFields keys={keys} values={values} onChange={setValues} />
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
        <button class="primary" disabled={(files.length === 0 && !isImport) || upload !== null}>
          {upload ? 'Uploading …' : isImport ? 'Import and create jobs' : 'Upload and create jobs'}
        </button>
        {upload && (
          <button type="button" onClick={() => stopped.current?.abort()}>
            Stop
          </button>
        )}
      </div>
      <SameRequest
        file={file}
        filePath={filePath}
        queue={queue}
        transformation={values as Transformation}
      />
    </form>
  )
}
