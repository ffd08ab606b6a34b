/** The table of a page of jobs. */
import type { Job } from '../../client/index.ts'
import { formatTime } from '../format.ts'
import { JobProgress, Status } from '../parts.tsx'

interface Props {
  jobs: Job[]
  isSelected: (job: Job) => boolean
  /** Absent if the key may not change jobs. */
  onToggle?: ((jobs: Job[], selected: boolean) => void) | undefined
}
export function JobTable({ jobs, isSelected, onToggle }: Props) {
  const areAll = jobs.every(isSelected)
  return (
    <table class="jobs">
      <thead>
        <tr>
          {onToggle && (
            <th scope="col">
              <input
                type="checkbox"
                aria-label="Select all jobs of this page"
                checked={areAll}
                onChange={() => onToggle(jobs, !areAll)}
              />
            </th>
          )}
          <th scope="col">File and variant</th>
          <th scope="col">Status</th>
          <th scope="col">Created</th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <tr key={job.id}>
            {onToggle && (
              <td>
                <input
                  type="checkbox"
                  aria-label={`Select ${job.filePath} ${job.transformation || 'default'}`}
                  checked={isSelected(job)}
                  onChange={({ currentTarget }) => onToggle([job], currentTarget.checked)}
                />
              </td>
            )}
            <td>
              <a href={`#/jobs/${job.id}`}>{job.filePath}</a>
              <br />
              <code>{job.transformation || 'default'}</code>
            </td>
            <td>
              <Status status={job.status} />
              <JobProgress job={job} />
              {describeState(job) && <small> {describeState(job)}</small>}
            </td>
            <td>
              <small>{formatTime(job.createdAt)}</small>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function describeState({ status, errorCode, priority, retryAt }: Job): string | null {
  if (status === 'error') {
    return errorCode
  }
  if (status === 'pending') {
    const again = retryAt === null ? '' : `, tried again ${formatTime(retryAt)}`
    return `priority ${priority}${again}`
  }
  return null
}
