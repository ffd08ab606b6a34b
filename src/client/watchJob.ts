/** Follows a job by its events, until it has ended. */
import type { Http } from './http.ts'
import { ReelqueueError } from './ReelqueueError.ts'
import { sleep } from './sleep.ts'
import { streamEvents } from './streamEvents.ts'
import type { Job, JobStatus, QueueEvent } from './types.ts'

type Progress = Extract<QueueEvent, { event: 'job:progress' }>['data']
/** A job with the latest progress; `chunks` is set while a split job runs. */
export type JobUpdate = Job & Pick<Progress, 'chunks'>

/** For a `fetch` that does not stream responses. */
const POLL_MS = 2_000
const FINAL: ReadonlySet<JobStatus> = new Set(['completed', 'error', 'cancelled'])

export interface WatchOptions {
  signal?: AbortSignal | undefined
}
export type JobReference = string | { id: string }

/**
 * Yields the job now and after each change. The last update has a final status.
 *
 * @throws ReelqueueError if the job does not exist, or is deleted
 */
export async function* watchJob(
  http: Http,
  reference: JobReference,
  { signal }: WatchOptions = {},
): AsyncGenerator<JobUpdate, void> {
  const jobId = readId(reference)
  try {
    yield* followEvents(http, jobId, signal)
  } catch (error) {
    if (!(error instanceof ReelqueueError && error.code === 'streams_unsupported')) {
      throw error
    }
    yield* poll(http, jobId, signal)
  }
}

/**
 * Waits until the job is completed, and returns it.
 *
 * @throws ReelqueueError with the code of the failure if the job fails, is cancelled or is deleted
 */
export async function waitForJob(
  http: Http,
  reference: JobReference,
  { signal, onUpdate }: WatchOptions & { onUpdate?: (job: JobUpdate) => void } = {},
): Promise<Job> {
  for await (const job of watchJob(http, reference, { signal })) {
    onUpdate?.(job)
    if (job.status === 'completed') {
      return job
    }
    if (FINAL.has(job.status)) {
      throw endError(job)
    }
  }
  throw new Error('A job that is watched ends with a final status.')
}

async function* followEvents(
  http: Http,
  jobId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<JobUpdate, void> {
  let job: JobUpdate | undefined
  for await (const message of streamEvents(http, { jobId, signal })) {
    if (message.event === 'unavailable') {
      continue
    }
    if (message.event === 'job:deleted') {
      throw new ReelqueueError({
        status: 404,
        code: 'job_deleted',
        message: `The job ${jobId} was deleted.`,
      })
    }
    if (message.event === 'job:progress' && job) {
      const { jobId: _, ...progress } = message.data
      job = { ...job, ...progress } as JobUpdate
    } else {
      // After `connected` too: the job can have changed before the stream was open.
      job = await readJob(http, jobId, signal)
    }
    yield job
    if (FINAL.has(job.status)) {
      return
    }
  }
}

async function* poll(
  http: Http,
  jobId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<JobUpdate, void> {
  for (;;) {
    const job = await readJob(http, jobId, signal)
    yield job
    if (FINAL.has(job.status)) {
      return
    }
    await sleep(POLL_MS, signal)
  }
}

function readJob({ request }: Http, jobId: string, signal: AbortSignal | undefined) {
  return request('get', '/queue/jobs/{jobId}', { path: { jobId }, signal })
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
