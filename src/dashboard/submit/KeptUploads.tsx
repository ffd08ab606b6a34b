/** The uploads that were interrupted, and how much of each is stored. */
import { useState } from 'preact/hooks'
import { describeError, formatBytes } from '../format.ts'
import { Problem } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'
import { discard, forget, listKept, readStoredBytes } from './keptUploads.ts'

async function loadKept() {
  const uploads = await Promise.all(
    listKept().map(async (upload) => ({ upload, storedBytes: await readStoredBytes(upload) })),
  )
  return uploads.flatMap(({ upload, storedBytes }) => {
    if (storedBytes === null) {
      forget(upload.uploadId)
      return []
    }
    return [{ ...upload, storedBytes }]
  })
}

export function KeptUploads() {
  const { value: uploads, error, reload } = useLoaded(loadKept, [])
  const [problem, setProblem] = useState<string | null>(null)
  async function remove(upload: Parameters<typeof discard>[0]): Promise<void> {
    await discard(upload).catch((failure: unknown) => setProblem(describeError(failure)))
    await reload()
  }
  if (!uploads || uploads.length === 0) {
    return error ? <Problem>{error}</Problem> : null
  }
  return (
    <section class="card" aria-label="Interrupted uploads">
      <h2>Interrupted uploads</h2>
      <p class="hint">Choose the same file again to continue. What is stored is not sent again.</p>
      {problem && <Problem>{problem}</Problem>}
      <ul class="kept">
        {uploads.map((upload) => (
          <li key={upload.uploadId}>
            <div class="progress">
              <span>{upload.filePath}</span>
              <progress
                max={upload.size}
                value={upload.storedBytes}
                aria-label={`Stored of ${upload.filePath}`}
              />
              <small>
                {formatBytes(upload.storedBytes)} of {formatBytes(upload.size)}
              </small>
            </div>
            <button
              type="button"
              aria-label={`Discard ${upload.filePath}`}
              onClick={() => void remove(upload)}
            >
              Discard
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
