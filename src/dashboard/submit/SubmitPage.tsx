/** Stores a file and creates a job for a variant of it. */
import { useState } from 'preact/hooks'
import { type Transformation, writeTransformation } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { describeError, formatBytes } from '../format.ts'
import { Copyable, Problem } from '../parts.tsx'
import { type Field, TransformationFields } from './TransformationFields.tsx'

interface Upload {
  name: string
  sentBytes: number
  totalBytes: number
}

export function SubmitPage({ session }: { session: Session }) {
  const [files, setFiles] = useState<File[]>([])
  const [folder, setFolder] = useState(session.pathPrefix?.replace(/\/$/, '') ?? 'videos')
  const [values, setValues] = useState<Record<string, Field>>({})
  const [upload, setUpload] = useState<Upload | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [dragging, setDragging] = useState(false)
  const paths = files.map(({ name }) => (folder ? `${folder}/${name}` : name))
  const name = writeTransformation(values as Transformation)
  const path = paths[0] ?? `${folder}/clip.mp4`
  const body = JSON.stringify({ filePath: path, transformations: [values] })

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    setProblem(null)
    try {
      let last = ''
      for (const [index, file] of files.entries()) {
        setUpload({ name: file.name, sentBytes: 0, totalBytes: file.size })
        await client.files.upload(paths[index]!, file, {
          onProgress: (progress) => setUpload({ name: file.name, ...progress }),
        })
        const [job] = await client.jobs.create({
          filePath: paths[index]!,
          transformations: [values as Transformation],
        })
        last = job!.id
      }
      location.hash = files.length === 1 ? `/jobs/${last}` : '/jobs'
    } catch (error) {
      setProblem(describeError(error))
      setUpload(null)
    }
  }
  function drop(event: DragEvent): void {
    event.preventDefault()
    setDragging(false)
    setFiles([...(event.dataTransfer?.files ?? [])])
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <h1>Submit</h1>
      <label
        class={dragging ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault()
          setDragging(true)
        }}
        onDragLeave={() => setDragging(false)}
        onDrop={drop}
      >
        {files.length === 0
          ? 'Drop files here, or choose them'
          : files.map(({ name: file, size }) => `${file} (${formatBytes(size)})`).join(', ')}
        <input
          type="file"
          multiple
          onChange={({ currentTarget }) => setFiles([...(currentTarget.files ?? [])])}
        />
      </label>
      <label>
        Folder
        <input
          value={folder}
          onInput={({ currentTarget }) => setFolder(currentTarget.value.replace(/^\/+|\/+$/g, ''))}
        />
      </label>
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
      <button class="primary" disabled={files.length === 0 || upload !== null}>
        {upload ? 'Uploading …' : 'Upload and create jobs'}
      </button>
      <Copyable
        label="URL of the variant"
        text={`${location.origin}${client.variants.url(path, name || null)}`}
      />
      <Copyable
        label="The same job with the typed client"
        text={`await client.jobs.create(${body})`}
      />
      <Copyable
        label="The same job with curl"
        text={`curl -X POST -H "Authorization: Bearer $API_KEY" -H 'Content-Type: application/json' -d '${body.replaceAll("'", String.raw`'\''`)}' ${location.origin}/queue/jobs`}
      />
    </form>
  )
}
