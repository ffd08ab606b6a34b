/** Counts of jobs, and the list of jobs, which follows the events of the queues. */
import { useState } from 'preact/hooks'
import type { Job, JobStatus } from '../client/index.ts'
import { client, type Session } from './api.ts'
import { describeError, formatNumber, formatTime } from './format.ts'
import { JobProgress, Problem, Status } from './parts.tsx'
import { useBatched, useEvents, useLoaded } from './useLoaded.ts'

const STATUSES = ['pending', 'running', 'completed', 'error', 'cancelled'] as const
const PAGE_SIZE = 50
const MAX_JOBS = 500

const ACTIONS = {
  Retry: (id: string) => client.jobs.retry(id),
  Cancel: (id: string) => client.jobs.cancel(id, { force: true }),
  Delete: (id: string) => client.jobs.delete(id),
}
type Action = keyof typeof ACTIONS

function describeRunners(count: number): string {
  return count === 1 ? '1 runner at work' : `${formatNumber(count)} runners at work`
}

export function JobsPage({ session }: { session: Session }) {
  const [status, setStatus] = useState<JobStatus | ''>('')
  const [filePath, setFilePath] = useState('')
  const [limit, setLimit] = useState(PAGE_SIZE)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [result, setResult] = useState<string | null>(null)
  const query = { limit, ...(status && { status }), ...(filePath && { filePath }) }
  const list = useLoaded(() => client.jobs.list(query), [status, filePath, limit])
  const stats = useLoaded(() => client.stats(), [])
  const refresh = useBatched(() => {
    void list.reload()
    void stats.reload()
  })
  const isLive = useEvents((event) => {
    if (event.event !== 'job:progress') {
      return refresh()
    }
    const { jobId, chunks: _, ...progress } = event.data
    list.setValue(
      (page) =>
        page && {
          ...page,
          jobs: page.jobs.map((job) => (job.id === jobId ? ({ ...job, ...progress } as Job) : job)),
        },
    )
  })
  const jobs = list.value?.jobs ?? []
  const chosen = jobs.filter(({ id }) => selected.has(id))

  async function act(action: Action): Promise<void> {
    if (action === 'Delete' && !confirm(`Delete the records of ${chosen.length} jobs?`)) {
      return
    }
    const outcomes = await Promise.allSettled(chosen.map(({ id }) => ACTIONS[action](id)))
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
    const done = `${action}: ${outcomes.length - failures.length} of ${outcomes.length} jobs.`
    setResult(failures[0] ? `${done} ${describeError(failures[0].reason)}` : done)
    setSelected(new Set())
    refresh()
  }
  function toggle(id: string): void {
    const others = [...selected].filter((other) => other !== id)
    setSelected(new Set(selected.has(id) ? others : [...others, id]))
  }

  return (
    <>
      <h1>Jobs</h1>
      {stats.value && (
        <ul class="counts" aria-label="Jobs by status">
          {STATUSES.map((name) => (
            <li key={name}>
              <strong>{formatNumber(stats.value![name])}</strong>
              <Status status={name} />
            </li>
          ))}
        </ul>
      )}
      {stats.value && (
        <p class="hint">
          {describeRunners(stats.value.activeRunners)}
          {stats.value.oldestPendingAt &&
            ` · the oldest pending job was created ${formatTime(stats.value.oldestPendingAt)}`}
        </p>
      )}
      {!isLive && (
        <p class="hint" role="status">
          The list is not live, because this key may not read events. Reload the page to see
          changes.
        </p>
      )}
      <div class="toolbar">
        <label>
          Status
          <select
            name="status"
            value={status}
            onChange={({ currentTarget }) => setStatus(currentTarget.value as JobStatus | '')}
          >
            <option value="">all</option>
            {STATUSES.map((name) => (
              <option key={name} value={name}>
                {name === 'error' ? 'failed' : name}
              </option>
            ))}
          </select>
        </label>
        <label>
          File
          <input
            type="search"
            placeholder="videos/clip.mp4"
            value={filePath}
            onChange={({ currentTarget }) => setFilePath(currentTarget.value.trim())}
          />
        </label>
        {session.scopes.includes('jobs:write') && (
          <div class="actions" role="group" aria-label="Selected jobs">
            {(Object.keys(ACTIONS) as Action[]).map((action) => (
              <button
                key={action}
                type="button"
                disabled={chosen.length === 0}
                onClick={() => void act(action)}
              >
                {action}
              </button>
            ))}
          </div>
        )}
      </div>
      <p role="status" class="hint">
        {result ?? (chosen.length > 0 ? `${chosen.length} selected` : '')}
      </p>
      {list.error && <Problem>{list.error}</Problem>}
      {!list.value && !list.error && <p>Loading …</p>}
      {list.value && jobs.length === 0 && (
        <p class="empty">
          No jobs here. <a href="#/submit">Submit a file</a>.
        </p>
      )}
      {jobs.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label="Select all jobs of the list"
                  checked={chosen.length === jobs.length}
                  onChange={() =>
                    setSelected(
                      new Set(chosen.length === jobs.length ? [] : jobs.map(({ id }) => id)),
                    )
                  }
                />
              </th>
              <th scope="col">File</th>
              <th scope="col">Variant</th>
              <th scope="col">Status</th>
              <th scope="col">Created</th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <JobRow
                key={job.id}
                job={job}
                selected={selected.has(job.id)}
                onToggle={() => toggle(job.id)}
              />
            ))}
          </tbody>
        </table>
      )}
      {list.value?.nextCursor && limit < MAX_JOBS && (
        <button type="button" onClick={() => setLimit(Math.min(limit + PAGE_SIZE, MAX_JOBS))}>
          Show more
        </button>
      )}
    </>
  )
}

interface RowProps {
  job: Job
  selected: boolean
  onToggle: () => void
}
function JobRow({ job, selected, onToggle }: RowProps) {
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={`Select ${job.filePath} ${job.transformation}`}
          checked={selected}
          onChange={onToggle}
        />
      </td>
      <td>
        <a href={`#/jobs/${job.id}`}>{job.filePath}</a>
      </td>
      <td>
        <code>{job.transformation || 'default'}</code>
      </td>
      <td>
        <Status status={job.status} />
        <JobProgress job={job} />
        {job.status === 'error' && <small> {job.errorCode}</small>}
      </td>
      <td>
        <small>{formatTime(job.createdAt)}</small>
      </td>
    </tr>
  )
}
