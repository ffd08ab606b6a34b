/**
 * A model of the job store in memory: jobs, events, attempts, outputs and variants. It changes the
 * status of jobs by the transition table. A test compares its results and its content with those of
 * the database.
 */
import type { JobStatus } from '../../../src/contract/jobStatus.ts'
import { isActive, type JobEvent, nextStatus } from '../../../src/domain/jobTransitions.ts'

export const LEASE_MS = 30_000
export const BACKOFF_MS = 60_000
export const MAX_ATTEMPTS = 3

export interface ModelJob {
  id: string
  queue: string
  name: string
  priority: number
  status: JobStatus
  attempt: number
  fence: number
  progress: number
  runAfter: number | null
  lease: number | null
}
interface ModelAttempt {
  id: string
  fence: number
  outcome: string | null
}

const EVENT_TYPES: Record<JobStatus, string> = {
  pending: 'job:retrying',
  running: 'job:started',
  completed: 'job:completed',
  error: 'job:error',
  cancelled: 'job:cancelled',
}
const OUTCOMES: Partial<Record<JobEvent, string>> = {
  complete: 'completed',
  release: 'released',
  forceCancel: 'cancelled',
}

export class JobModel {
  jobs: ModelJob[] = []
  log: string[] = []
  attempts: ModelAttempt[] = []
  /** The outputs that are not variants, by key. The value is true if the output is retired. */
  outputs = new Map<string, boolean>()
  /** The key of the served output of each file. All jobs of a file are for one variant. */
  variants = new Map<string, string>()
  readonly concurrency: number

  constructor(concurrency: number) {
    this.concurrency = concurrency
  }

  find = (id: string) => this.jobs.find((job) => job.id === id)
  active = (name: string) => this.jobs.find((job) => job.name === name && isActive(job.status))
  isHeld = (id: string, fence: number) =>
    this.jobs.some((job) => job.id === id && job.fence === fence && job.status === 'running')

  create(id: string, queue: string, name: string, priority: number) {
    const fresh = { attempt: 0, fence: 0, progress: 0, runAfter: null, lease: null }
    this.jobs.push({ id, queue, name, priority, status: 'pending', ...fresh })
    this.log.push(`job:created ${id}`)
  }

  /** Releases the due retries of a queue, then returns the job that a claim must return. */
  next(queue: string, paused: boolean, now: number): ModelJob | undefined {
    const ours = this.jobs.filter((job) => job.queue === queue)
    for (const job of ours) {
      if (job.runAfter !== null && job.runAfter <= now) {
        job.runAfter = null
      }
    }
    if (paused || ours.filter((job) => job.status === 'running').length >= this.concurrency) {
      return
    }
    // Sorting is stable, so jobs with equal priority keep the order of creation.
    return ours
      .filter((job) => job.status === 'pending' && job.runAfter === null)
      .sort((a, b) => a.priority - b.priority)[0]
  }

  /**
   * Applies an event if the transition table, the fence and the variant's other jobs allow it.
   * Returns whether it was allowed.
   */
  apply(event: JobEvent, job: ModelJob | undefined, fence: number, now: number): boolean {
    const to = job && nextStatus(job.status, event)
    if (!job || !to) {
      return false
    }
    const byRunner = ['complete', 'fail', 'backOff', 'release'].includes(event)
    if (byRunner && job.fence !== fence) {
      return false
    }
    if (event === 'retry' && this.active(job.name)) {
      return false
    }
    if (job.status === 'running') {
      this.leaveRunning(event, job)
    }
    job.status = to
    job.lease = null
    job.runAfter = event === 'backOff' ? now + BACKOFF_MS : null
    if (event === 'claim') {
      job.attempt++
      job.fence++
      job.progress = 0
      job.lease = now + LEASE_MS
      this.attempts.push({ id: job.id, fence: job.fence, outcome: null })
    }
    if (event === 'release') {
      job.attempt--
    }
    if (event === 'retry') {
      job.attempt = 0
    }
    if (event === 'retry' || event === 'release') {
      job.progress = 0
    }
    if (event === 'complete') {
      job.progress = 100
    }
    this.log.push(`${EVENT_TYPES[to]} ${job.id}`)
    return true
  }

  delete(job: ModelJob | undefined): boolean {
    if (!job) {
      return false
    }
    if (job.status === 'running') {
      this.retire(`${job.id}/${job.fence}`)
    }
    this.jobs = this.jobs.filter((other) => other !== job)
    this.attempts = this.attempts.filter(({ id }) => id !== job.id)
    this.log.push(`job:deleted ${job.id}`)
    return true
  }

  private leaveRunning(event: JobEvent, job: ModelJob) {
    const attempt = this.attempts.find(({ id, fence }) => id === job.id && fence === job.fence)!
    attempt.outcome = OUTCOMES[event] ?? 'failed'
    const key = `${job.id}/${job.fence}`
    this.retire(key)
    if (event !== 'complete') {
      return
    }
    const before = this.variants.get(job.name)
    if (before !== undefined) {
      this.outputs.set(before, true)
    }
    this.variants.set(job.name, key)
    this.outputs.delete(key)
  }

  /** Marks the outputs of one claim as retired. */
  private retire(claim: string) {
    for (const key of this.outputs.keys()) {
      if (key === claim || key.startsWith(`${claim}/`)) {
        this.outputs.set(key, true)
      }
    }
  }
}
