/** One job: its progress, its result next to the original, its attempts, and why it failed. */
import { useEffect, useState } from 'preact/hooks'
import type { Job } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import {
  describeError,
  formatBytes,
  formatDuration,
  formatNumber,
  formatSeconds,
  formatTime,
} from '../format.ts'
import { Chunks } from './Chunks.tsx'
import { ADVICE } from './advice.ts'
import { Copyable, JobProgress, Problem, Status } from '../parts.tsx'
import { Player } from './Player.tsx'
import { useLoaded } from '../useLoaded.ts'

/** Follows a job until it ends. */
function useJob(jobId: string, turn: number) {
  const [job, setJob] = useState<Job | null>(null)
  const [error, setError] = useState<string | null>(null)
  useEffect(() => {
    const stopped = new AbortController()
    async function follow(): Promise<void> {
      for await (const update of client.watch(jobId, { signal: stopped.signal })) {
        setJob(update)
      }
    }
    follow().catch((problem: unknown) => {
      if (!stopped.signal.aborted) {
        setError(describeError(problem))
      }
    })
    return () => stopped.abort()
  }, [jobId, turn])
  return { job, error }
}

export function JobPage({ jobId, session }: { jobId: string; session: Session }) {
  const [turn, setTurn] = useState(0)
  const [problem, setProblem] = useState<string | null>(null)
  const { job, error } = useJob(jobId, turn)
  async function act(action: (id: string) => Promise<unknown>): Promise<void> {
    try {
      await action(jobId)
      setProblem(null)
      setTurn(turn + 1)
    } catch (failure) {
      setProblem(describeError(failure))
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
        {formatTime(job.createdAt)} · took {formatDuration(job.startedAt, job.completedAt)}
      </p>
      {(problem ?? error) && <Problem>{problem ?? error}</Problem>}
      <JobProgress job={job} />
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
        </div>
      )}
      {job.status === 'error' && (
        <section class="problem">
          <h2>Why it failed</h2>
          <p>{job.error}</p>
          <p>{ADVICE[job.errorCode!]}</p>
        </section>
      )}
      <Results job={job} />
      <Copyable label="Player for other pages" text={writeFrame(job)} />
      <Facts job={job} />
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

function Results({ job }: { job: Job }) {
  const type = /(?:^|,)f_(\w+)/.exec(job.transformation)?.[1] ?? readExtension(job)
  const isReady = job.outputPath !== null || (type === 'hls' && job.playable)
  const variant = client.variants.url(job.filePath, job.transformation)
  const url = type === 'hls' ? `${variant}/master.m3u8` : (job.outputPath ?? variant)
  const original = client.variants.url(job.filePath)
  return (
    <div class="pair">
      {isReady && (
        <figure>
          <Player url={url} type={type} label="Result" />
          <figcaption>
            Result · <a href={url}>open</a>
          </figcaption>
        </figure>
      )}
      <figure>
        <Player url={original} type={job.filePath.split('.').at(-1)!} label="Original" />
        <figcaption>
          Original · <a href={original}>open</a>
        </figcaption>
      </figure>
    </div>
  )
}

/** The HTML of a frame that plays the variant; docs/api.md describes its page. */
function writeFrame({ filePath, transformation }: Job): string {
  const { pathname } = new URL(client.variants.url(filePath, transformation), location.origin)
  const url = `${location.origin}${pathname.replace(/^\/t\//, '/embed/')}`
  return `<iframe src="${url}" title="${filePath.split('/').at(-1)}" width="640" height="360" allow="autoplay; fullscreen" style="border: 0"></iframe>`
}

/** A variant without a format is an image if a thumbnail was asked for, and else an MP4. */
function readExtension({ transformation }: Job): string {
  if (/(?:^|,)t_sprite/.test(transformation)) {
    return 'storyboard'
  }
  return /(?:^|,)t_/.test(transformation) ? 'jpg' : 'mp4'
}

function Facts({ job: { input, output } }: { job: Job }) {
  if (!input && !output) {
    return null
  }
  const rows: [string, (facts: NonNullable<Job['input']>) => string][] = [
    ['Container', ({ format }) => format],
    ['Duration', (f) => (f.durationSeconds === null ? '–' : formatSeconds(f.durationSeconds))],
    ['Size', ({ sizeBytes }) => formatBytes(sizeBytes)],
    ['Video', ({ videoCodec }) => videoCodec ?? '–'],
    ['Frame', ({ width, height }) => (width === null ? '–' : `${width} × ${height}`)],
    ['Frames per second', (f) => (f.frameRate === null ? '–' : formatNumber(f.frameRate))],
    ['Audio', ({ audioCodec }) => audioCodec ?? '–'],
  ]
  return (
    <table>
      <caption>Media</caption>
      <thead>
        <tr>
          <th scope="col">Property</th>
          <th scope="col">Original</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, show]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{input ? show(input) : '–'}</td>
            <td>{output ? show(output) : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Attempts({ jobId }: { jobId: string }) {
  const { value: attempts, error } = useLoaded(() => client.jobs.attempts(jobId), [jobId])
  return (
    <section>
      <h2>Attempts</h2>
      {error && <Problem>{error}</Problem>}
      {attempts?.length === 0 && <p class="empty">No runner has claimed the job yet.</p>}
      <ol class="attempts">
        {attempts?.map((attempt, index) => (
          <li key={index} class="card">
            <p>
              <strong>{attempt.outcome ?? 'running'}</strong> · {formatTime(attempt.startedAt)} ·{' '}
              {formatDuration(attempt.startedAt, attempt.endedAt)} · {attempt.runner}
            </p>
            {attempt.error && <p>{attempt.error}</p>}
            {attempt.command && <Copyable label="Command" text={attempt.command} />}
            {attempt.stderrTail && (
              <Copyable label="Last lines of ffmpeg" text={attempt.stderrTail} />
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
