/** One job: its progress, its result next to the original, its attempts, and why it failed. */
import { useEffect, useState } from 'preact/hooks'
import type { Job } from '../../client/index.ts'
import { client, noticeEnd, type Session } from '../api.ts'
import { describeError, formatDuration, formatTime } from '../format.ts'
import { Chunks } from './Chunks.tsx'
import { ADVICE } from './advice.ts'
import { isImporting, JobProgress, Problem, Status } from '../parts.tsx'
import { Attempts } from './Attempts.tsx'
import { Destination } from './Destination.tsx'
import { MediaFacts } from './MediaFacts.tsx'
import { Results } from './Results.tsx'
import { Waiting } from './Waiting.tsx'

const IMPORT_CHECK_MS = 3_000

/** Follows a job until it ends. */
function useJob(jobId: string, turn: number, hasEvents: boolean) {
  const [job, setJob] = useState<Job | null>(null)
  const [error, setError] = useState<string | null>(null)
  useEffect(() => {
    const stopped = new AbortController()
    async function follow(): Promise<void> {
      for await (const update of client.watch(jobId, {
        signal: stopped.signal,
        poll: !hasEvents,
      })) {
        setJob(update)
      }
    }
    follow().catch((problem: unknown) => {
      if (!stopped.signal.aborted) {
        setError(describeError(problem))
      }
    })
    return () => stopped.abort()
  }, [jobId, turn, hasEvents])
  return { job, error }
}

/** Calls back when the import for which a job waits has ended, because no event says so. */
function useImportEnd(jobId: string, isWaiting: boolean, onEnd: () => void): void {
  useEffect(() => {
    if (!isWaiting) {
      return undefined
    }
    async function check(): Promise<void> {
      if (!isImporting(await client.jobs.get(jobId))) {
        onEnd()
      }
    }
    // A check that fails is repeated.
    const timer = setInterval(() => void check().catch(noticeEnd), IMPORT_CHECK_MS)
    return () => clearInterval(timer)
  }, [jobId, isWaiting])
}

export function JobPage({ jobId, session }: { jobId: string; session: Session }) {
  const [turn, setTurn] = useState(0)
  const [problem, setProblem] = useState<string | null>(null)
  const { job, error } = useJob(jobId, turn, session.scopes.includes('events:read'))
  useImportEnd(jobId, job !== null && isImporting(job), () => setTurn((last) => last + 1))
  async function act(action: (id: string) => Promise<unknown>): Promise<void> {
    try {
      await action(jobId)
      setProblem(null)
      setTurn((last) => last + 1)
    } catch (failure) {
      setProblem(describeError(failure))
    }
  }
  async function remove(): Promise<void> {
    if (confirm('Delete the record of this job? A finished result stays stored.')) {
      await act(async (id) => {
        await client.jobs.delete(id)
        location.hash = '/jobs'
      })
    }
  }
  if (!job) {
    return error ? <Problem>{error}</Problem> : <p>Loading …</p>
  }
  const isActive = job.status === 'pending' || job.status === 'running'
  return (
    <>
      <h1>
        {job.filePath} <Status status={job.status} />
      </h1>
      <p class="hint">
        <code>{job.transformation || 'default'}</code> in queue {job.queue} · created{' '}
        {formatTime(job.createdAt)}
        {job.completedAt !== null && ` · took ${formatDuration(job.startedAt, job.completedAt)}`}
      </p>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      <JobProgress job={job} />
      {job.status === 'pending' && <Waiting job={job} session={session} />}
      {session.scopes.includes('jobs:write') && (
        <div class="actions" role="group" aria-label="This job">
          {job.status === 'error' && (
            <button type="button" onClick={() => void act((id) => client.jobs.retry(id))}>
              Retry
            </button>
          )}
          {isActive && (
            <button
              type="button"
              onClick={() => void act((id) => client.jobs.cancel(id, { force: true }))}
            >
              Cancel
            </button>
          )}
          <button type="button" onClick={() => void remove()}>
            Delete
          </button>
        </div>
      )}
      {job.status === 'error' && (
        <section class="problem">
          <h2>Why it failed</h2>
          <p>{job.error}</p>
          <p>{ADVICE[job.errorCode!]}</p>
        </section>
      )}
      <Destination job={job} />
      <Results job={job} />
      <MediaFacts job={job} />
      {job.plan && (
        <details>
          <summary>Plan</summary>
          <pre tabIndex={0}>{JSON.stringify(job.plan, null, 2)}</pre>
        </details>
      )}
      <Chunks job={job} />
      <Attempts key={`${job.status} ${job.attempt}`} jobId={jobId} />
    </>
  )
}
