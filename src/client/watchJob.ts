/** Follows a job by its events, until it has ended. */
import { follow, hasEnded, type WatchOptions } from './follow.ts'
import type { Http } from './http.ts'
import { ReelqueueError } from './ReelqueueError.ts'
import type { Job, QueueEvent } from './types.ts'

type Progress = Extract<QueueEvent, { event: 'job:progress' }>['data']
/** A job with the latest progress; `chunks` is set while a split job runs. */
export type JobUpdate = Job & Pick<Progress, 'chunks'>
export type JobReference = string | { id: string }

/**
 * Yields the job now and after each change. The last update has a final status.
 *
 * @throws ReelqueueError if the job does not exist, or is deleted
 */
export function watchJob(
  http: Http,
  reference: JobReference,
  options: WatchOptions = {},
): AsyncGenerator<JobUpdate, void> {
  const jobId = readId(reference)
  const followed = {
    filter: { jobId },
    read: (signal: AbortSignal | undefined): Promise<JobUpdate> =>
      http.request('get', '/queue/jobs/{jobId}', { path: { jobId }, signal }),
    apply: applyEvent,
    isOver: (job: JobUpdate) => hasEnded(job.status),
  }
  return follow(http, followed, options)
}

/**
 * Waits until the job is completed, and returns it.
 *
 * @throws ReelqueueError with the code of the failure if the job fails, is cancelled or is deleted
 */
export async function waitForJob(
  http: Http,
  reference: JobReference,
  { onUpdate, ...options }: WatchOptions & { onUpdate?: (job: JobUpdate) => void } = {},
): Promise<Job> {
  for await (const job of watchJob(http, reference, options)) {
    onUpdate?.(job)
    if (job.status === 'completed') {
      return job
    }
    if (hasEnded(job.status)) {
      throw endError(job)
    }
  }
  throw new Error('A job that is watched ends with a final status.')
}

function applyEvent(event: QueueEvent, job: JobUpdate): { value: JobUpdate } | null {
  if (event.event === 'job:deleted') {
    throw new ReelqueueError({
      status: 404,
      code: 'job_deleted',
      message: `The job ${job.id} was deleted.`,
    })
  }
  return event.event === 'job:progress' ? { value: applyProgress(job, event.data) } : null
}

export function applyProgress<Watched extends object>(job: Watched, data: Progress): Watched {
  const { jobId: _, ...progress } = data
  return { ...job, ...progress }
}

export function readId(reference: JobReference): string {
  return typeof reference === 'string' ? reference : reference.id
}

function endError(job: Job): ReelqueueError {
  return new ReelqueueError({
    status: 422,
    code: job.status === 'cancelled' ? 'job_cancelled' : (job.errorCode ?? 'internal'),
    message: job.error ?? `The job ${job.id} was cancelled.`,
    body: job,
  })
}
