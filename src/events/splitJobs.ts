/** Live progress of split jobs, from the leases of their chunks. */
import type { HeldLease, JobProgress } from '../services/ports.ts'

/** What is known of a split job. It only grows while the fence is the same. */
interface SplitJob {
  fence: number
  finishedShare: number
  done: number
  /** Number of chunks that were being made when the last one was recorded. */
  active: number
  /** Number of reports that a hub has held back since it began to follow the job. */
  heldBack: number
  progress: number
  /** Seconds of media per second of one runner, as measured last; null before. */
  runnerSpeed: number | null
}

/**
 * A hub that was restarted does not know of all chunks yet, so the progress that it computes would be
 * less than that before. It holds back the progress until the other runners have reported, but at most
 * for so many reports: a runner may be lost.
 */
const MAX_HELD_BACK = 8

export class SplitJobs {
  private readonly jobs = new Map<string, SplitJob>()

  /** Records what a lease says about the job of its chunk. */
  record({ chunk }: HeldLease): void {
    if (chunk === undefined) {
      return
    }
    const { jobId, fence, finishedShare, done, active } = chunk
    const known = this.jobs.get(jobId)
    if (known === undefined || known.fence < fence) {
      const facts = { fence, finishedShare, done, active }
      this.jobs.set(jobId, { ...facts, heldBack: 0, progress: 0, runnerSpeed: null })
    } else if (known.fence === fence) {
      known.finishedShare = Math.max(known.finishedShare, finishedShare)
      known.done = Math.max(known.done, done)
      known.active = active
    }
  }

  /**
   * Computes the progress of a job; null if not enough is known of it. The progress does not decrease
   * when a chunk is made again.
   *
   * @param leases the leases of its chunks
   */
  compute(jobId: string, leases: readonly HeldLease[]): JobProgress | null {
    const job = this.jobs.get(jobId)
    const [first] = leases
    if (job === undefined || first?.chunk === undefined) {
      return null
    }
    const isNew = job.progress === 0 && job.heldBack < MAX_HELD_BACK
    if (isNew && leases.length < job.active) {
      job.heldBack++
      return null
    }
    const running = sum(leases, ({ chunk, progress }) => ((chunk?.share ?? 0) * progress) / 100)
    job.progress = Math.max(job.progress, Math.min(99.9, job.finishedShare + running))
    const speeds = leases.map(({ speed }) => speed).filter((speed) => speed !== null)
    const speed = speeds.length === 0 ? null : roundToHundredths(sum(speeds, (each) => each))
    job.runnerSpeed = speed === null ? job.runnerSpeed : speed / speeds.length
    const secondsLeft = ((100 - job.progress) / 100) * first.chunk.jobSeconds
    // A runner that has just begun a chunk has not measured its speed yet.
    const width = (job.runnerSpeed ?? 0) * leases.length
    return {
      jobId,
      fence: job.fence,
      progress: job.progress,
      // Several chunks are in several stages; a job is encoded until its chunks are joined.
      stage: first.chunk.total - job.done > 1 ? 'encode' : first.stage,
      etaSeconds: width === 0 ? null : Math.ceil(secondsLeft / width),
      fps: leases.some(({ fps }) => fps !== null)
        ? roundToHundredths(sum(leases, ({ fps }) => fps ?? 0))
        : null,
      speed,
      chunks: { done: job.done, total: first.chunk.total, active: leases.length },
    }
  }

  forget(jobId: string): void {
    this.jobs.delete(jobId)
  }
}

function sum<Item>(items: readonly Item[], read: (item: Item) => number): number {
  return items.reduce((total, item) => total + read(item), 0)
}

function roundToHundredths(value: number): number {
  return Math.round(value * 100) / 100
}
