/** The chunks of a job that several runners share. */
import type { Job } from '../../client/index.ts'
import { client } from '../api.ts'
import { formatDuration, formatSeconds } from '../format.ts'
import { Problem, Status } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'

type Chunk = Awaited<ReturnType<typeof client.jobs.chunks>>[number]

/** Shows nothing for a job that was not split. */
export function Chunks({ job }: { job: Job }) {
  // The list is loaded again with each twentieth of the progress, so at most 20 times for a job.
  const twentieth = Math.floor(job.progress / 5)
  const { value: chunks, error } = useLoaded(
    () => client.jobs.chunks(job.id),
    [job.id, job.status, twentieth],
  )
  if (error) {
    return <Problem>{error}</Problem>
  }
  if (!chunks || chunks.length === 0) {
    return null
  }
  const done = chunks.filter(({ status }) => status === 'completed').length
  return (
    <details>
      <summary>
        Chunks: {done} of {chunks.length}
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Chunk</th>
            <th scope="col">Status</th>
            <th scope="col">Runner</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          {chunks.map((chunk) => (
            <tr key={chunk.index}>
              <th scope="row">{describeRange(chunk)}</th>
              <td>
                <Status status={chunk.status} />
                {chunk.error && <p>{chunk.error}</p>}
              </td>
              <td>{chunk.runner ?? '–'}</td>
              <td>{formatDuration(chunk.startedAt, chunk.endedAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

function describeRange({ kind, startSeconds, endSeconds }: Chunk): string {
  switch (kind) {
    case 'audio':
      return 'Audio'
    case 'join':
      return 'Join'
    default: {
      const end = endSeconds === null ? 'the end' : formatSeconds(endSeconds)
      return `Video, ${formatSeconds(startSeconds)} to ${end}`
    }
  }
}
