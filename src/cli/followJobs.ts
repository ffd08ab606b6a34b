/** Follows several jobs until all have ended. */
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Client,
  hasEnded as isFinal,
  type Job,
  type JobUpdate,
  ReelqueueError,
} from '../client/index.ts'

export type FollowedJob = Omit<JobUpdate, 'status'> & { status: Job['status'] | 'deleted' }

const POLL_MS = 2_000

export function hasEnded({ status }: Pick<FollowedJob, 'status'>): boolean {
  return status === 'deleted' || isFinal(status)
}

/**
 * Yields each job now and after each change. The last update of a job has a final status. All jobs
 * share one event stream.
 */
export async function* followJobs(
  client: Client,
  jobs: readonly Job[],
  signal: AbortSignal,
): AsyncGenerator<FollowedJob, void> {
  const open = new Map<string, FollowedJob>()
  for (const job of jobs) {
    yield job
    if (!hasEnded(job)) {
      open.set(job.id, job)
    }
  }
  if (open.size === 0) {
    return
  }
  for await (const job of readChanges(client, open, signal)) {
    open.set(job.id, job)
    if (hasEnded(job)) {
      open.delete(job.id)
    }
    yield job
    if (open.size === 0) {
      return
    }
  }
}

type Jobs = ReadonlyMap<string, FollowedJob>

async function* readChanges(client: Client, open: Jobs, signal: AbortSignal) {
  try {
    yield* readEvents(client, open, signal)
  } catch (error) {
    // The API key has no scope for events.
    if (!(error instanceof ReelqueueError && error.status === 403)) {
      throw error
    }
    yield* poll(client, open, signal)
  }
}

async function* readEvents(
  client: Client,
  open: Jobs,
  signal: AbortSignal,
): AsyncGenerator<FollowedJob> {
  for await (const message of client.events({ ...chooseFilter([...open.values()]), signal })) {
    if (message.event === 'connected' || message.event === 'resync') {
      // Jobs can have changed before the stream was open.
      yield* readAll(client, open, signal)
    } else if (message.event !== 'unavailable' && message.event !== 'webhook:disabled') {
      const job = open.get(message.data.jobId)
      if (job && message.event === 'job:progress') {
        const { jobId: _, ...progress } = message.data
        yield { ...job, ...progress } as FollowedJob
      } else if (job) {
        yield readJob(client, job, signal)
      }
    }
  }
}

async function* poll(client: Client, open: Jobs, signal: AbortSignal): AsyncGenerator<FollowedJob> {
  for (;;) {
    yield* readAll(client, open, signal)
    await delay(POLL_MS, undefined, { signal })
  }
}

async function* readAll(client: Client, open: Jobs, signal: AbortSignal) {
  for (const job of open.values()) {
    yield await readJob(client, job, signal)
  }
}

/** A narrow filter spares the progress of other jobs. */
function chooseFilter(jobs: FollowedJob[]): { jobId?: string; filePath?: string; queue?: string } {
  const [{ id, filePath, queue }] = jobs as [FollowedJob]
  if (jobs.length === 1) {
    return { jobId: id }
  }
  if (jobs.every((job) => job.filePath === filePath)) {
    return { filePath }
  }
  return jobs.every((job) => job.queue === queue) ? { queue } : {}
}

async function readJob(
  client: Client,
  job: FollowedJob,
  signal: AbortSignal,
): Promise<FollowedJob> {
  try {
    return await client.jobs.get(job.id, { signal })
  } catch (error) {
    if (error instanceof ReelqueueError && error.code === 'job_not_found') {
      return { ...job, status: 'deleted' }
    }
    throw error
  }
}
