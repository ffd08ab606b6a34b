/** Says why a pending job has not begun. */
import type { Job } from '../../client/index.ts'
import { client, type Session } from '../api.ts'
import { formatTime } from '../format.ts'
import { isImporting } from '../parts.tsx'
import { useLoaded } from '../useLoaded.ts'

/** Returns the reasons that lie in the queue; none if the key may not see it. */
async function findReasons(job: Job, { scopes }: Session): Promise<string[]> {
  if (!scopes.includes('queues:admin') || isImporting(job)) {
    return []
  }
  const { paused, concurrency, running, split, runningChunks } = await client.queues.get(job.queue)
  const busy = running - split + runningChunks
  return [
    paused ? `The queue ${job.queue} is paused.` : '',
    busy >= concurrency
      ? `The queue ${job.queue} lets ${concurrency} runners work at the same time (its concurrency), and ${busy} do.`
      : '',
  ].filter((reason) => reason !== '')
}

export function Waiting({ job, session }: { job: Job; session: Session }) {
  const { value: reasons } = useLoaded(
    () => findReasons(job, session),
    [job.id, job.attempt, job.stage],
  )
  return (
    <p class="hint" role="status">
      {describeWait(job)}
      {reasons && reasons.length > 0 && (
        <>
          {' '}
          {reasons.join(' ')} <a href="#/queues">Change the queue</a>.
        </>
      )}
    </p>
  )
}

function describeWait(job: Job): string {
  if (isImporting(job)) {
    return 'Waiting for the import of its file.'
  }
  return job.retryAt === null
    ? 'Waiting for a runner.'
    : `The last attempt failed (${job.error}). The next one begins after ${formatTime(job.retryAt)}.`
}
