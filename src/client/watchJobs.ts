/** Follows several jobs by one event stream, until all have ended. */
import { follow, hasEnded, type WatchOptions } from './follow.ts'
import type { Http } from './http.ts'
import { ReelqueueError } from './ReelqueueError.ts'
import { retryTemporary } from './sleep.ts'
import type { Job, JobStatus, QueueEvent } from './types.ts'
import { applyProgress, type JobUpdate } from './watchJob.ts'

export type WatchedJob = Omit<JobUpdate, 'status'> & { status: JobStatus | 'deleted' }

/** Yields each job now and after each change. The last update of a job has a final status. */
export async function* watchJobs(
  http: Http,
  jobs: readonly Job[],
  options: WatchOptions = {},
): AsyncGenerator<WatchedJob, void> {
  const open = new Map<string, WatchedJob>()
  /** Keeps the jobs that have not ended. */
  function record(changed: readonly WatchedJob[]): readonly WatchedJob[] {
    for (const job of changed) {
      if (job.status === 'deleted' || hasEnded(job.status)) {
        open.delete(job.id)
      } else {
        open.set(job.id, job)
      }
    }
    return changed
  }
  yield* record(jobs)
  if (open.size === 0) {
    return
  }
  const followed = {
    filter: chooseFilter([...open.values()]),
    async read(signal: AbortSignal | undefined) {
      const changed: WatchedJob[] = []
      for (const job of open.values()) {
        changed.push(await readJob(http, job, signal))
      }
      return record(changed)
    },
    apply({ event, data }: QueueEvent, _: unknown, signal: AbortSignal | undefined) {
      if (event === 'connected' || event === 'resync' || event === 'unavailable') {
        return null
      }
      const job = 'jobId' in data ? open.get(data.jobId) : undefined
      if (job === undefined) {
        return { value: [] }
      }
      return event === 'job:progress'
        ? { value: record([applyProgress(job, data)]) }
        : retryTemporary(() => readJob(http, job, signal), { signal }).then((changed) => ({
            value: record([changed]),
          }))
    },
    isOver: () => open.size === 0,
  }
  for await (const changed of follow(http, followed, options)) {
    yield* changed
  }
}

/** A narrow filter spares the progress of other jobs. */
function chooseFilter(jobs: WatchedJob[]): { jobId?: string; filePath?: string; queue?: string } {
  const [{ id, filePath, queue }] = jobs as [WatchedJob]
  if (jobs.length === 1) {
    return { jobId: id }
  }
  if (jobs.every((job) => job.filePath === filePath)) {
    return { filePath }
  }
  return jobs.every((job) => job.queue === queue) ? { queue } : {}
}

async function readJob(
  { request }: Http,
  job: WatchedJob,
  signal: AbortSignal | undefined,
): Promise<WatchedJob> {
  try {
    return await request('get', '/queue/jobs/{jobId}', { path: { jobId: job.id }, signal })
  } catch (error) {
    if (error instanceof ReelqueueError && error.code === 'job_not_found') {
      return { ...job, status: 'deleted' }
    }
    throw error
  }
}
