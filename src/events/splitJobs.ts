/** Live progress of split jobs, from the leases of their chunks. */
import type { HeldLease, JobProgress } from '../services/ports.ts'

/** What is known of a split job. Its shares and progress do not decrease while the fence is the same. */
interface SplitJob {
  fence: number
  completedShare: number
  completed: number
  /** See `HeldChunk`, from the report that was recorded last. */
  active: number
  /** Number of reports for which no progress was returned, since the first one of the job. */
  heldBack: number
  progress: number
  /** Mean speed of the runners when it was last known: seconds of media per second. Null before. */
  runnerSpeed: number | null
}

/**
 * After a restart, a hub does not know all running chunks yet, so the progress that it computes would be
 * less than before. It returns none until the other runners have reported, but for at most this many
 * reports, because a runner may be lost.
 */
const MAX_HELD_BACK = 8

export class SplitJobs {
  private readonly jobs = new Map<string, SplitJob>()

  /** Records the job of the chunk that a lease holds. */
  record({ chunk }: HeldLease): void {
    if (chunk === undefined) {
      return
    }
    const { jobId, fence, completedShare, completed, active } = chunk
    const known = this.jobs.get(jobId)
    if (known === undefined || known.fence < fence) {
      const facts = { fence, completedShare, completed, active }
      this.jobs.set(jobId, { ...facts, heldBack: 0, progress: 0, runnerSpeed: null })
    } else if (known.fence === fence) {
      known.completedShare = Math.max(known.completedShare, completedShare)
      known.completed = Math.max(known.completed, completed)
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
    job.progress = Math.max(job.progress, Math.min(99.9, job.completedShare + running))
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
      // Chunks can be in different stages. The stage of the job is `encode` until only `join` is left.
      stage: first.chunk.total - job.completed > 1 ? 'encode' : first.stage,
      etaSeconds: width === 0 ? null : Math.ceil(secondsLeft / width),
      fps: leases.some(({ fps }) => fps !== null)
        ? roundToHundredths(sum(leases, ({ fps }) => fps ?? 0))
        : null,
      speed,
      chunks: { done: job.completed, total: first.chunk.total, active: leases.length },
    }
  }

  /** Forgets a job that has ended under this fence or an earlier one. */
  forget(jobId: string, fence: number): void {
    if ((this.jobs.get(jobId)?.fence ?? 0) <= fence) {
      this.jobs.delete(jobId)
    }
  }
}

function sum<Item>(items: readonly Item[], read: (item: Item) => number): number {
  return items.reduce((total, item) => total + read(item), 0)
}

function roundToHundredths(value: number): number {
  return Math.round(value * 100) / 100
}
