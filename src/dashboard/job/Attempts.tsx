/** The attempts of a job, each with its command and the last lines of ffmpeg. */
import { client } from '../api.ts'
import { formatDuration, formatTime } from '../format.ts'
import { Copyable, Problem } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'

export function Attempts({ jobId }: { jobId: string }) {
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
