/**
 * The leases that a hub holds in memory for the running jobs of its queue, with their live progress.
 * A report that changes nothing else extends its lease here, without the database. If the object is
 * evicted, its leases are lost: the next report of each job is recorded in the database, and the
 * hub holds the lease again.
 */
import type { Report } from '../contract/runnerProtocol.ts'
import type { Claim } from '../db/leases.ts'
import type { HeldLease, JobFence, JobProgress } from '../services/ports.ts'
import { SplitJobs } from './splitJobs.ts'

interface Entry extends HeldLease {
  /** When the lease expires, unless it is extended (ms since the epoch). */
  expiresAt: number
  heldSince: number
}

/** The end of a lease. Later claims of the job have a larger fence. */
interface EndedLease {
  fence: number
  endedAt: number
}

/**
 * A report is recorded in the database before its lease is held here, so its job can end between the
 * two. The lease of a report that took longer is held until the next call of `synchronize`.
 */
const MAX_REPORT_MS = 10_000

export class HeldLeases {
  private readonly entries = new Map<string, Entry>()
  /** Ends of the last MAX_REPORT_MS, and those since the last call of `synchronize`, by job. */
  private readonly ended = new Map<string, EndedLease>()
  private readonly splitJobs = new SplitJobs()

  /**
   * Holds a lease from `now` on, unless it has ended. Returns it, with the latest progress that is
   * known; null if it has ended.
   */
  hold(lease: HeldLease, now: number): Entry | null {
    return this.hasEnded(lease) ? null : this.add(lease, now)
  }

  isHeld({ jobId, fence }: JobFence): boolean {
    return this.entries.get(jobId)?.fence === fence
  }

  private hasEnded({ jobId, fence, chunk }: HeldLease): boolean {
    const ended = this.ended.get(jobId)
    const jobEnded = chunk && this.ended.get(chunk.jobId)
    return (
      (ended !== undefined && fence <= ended.fence) ||
      (jobEnded !== undefined && chunk!.fence <= jobEnded.fence)
    )
  }

  private add(lease: HeldLease, now: number): Entry {
    const known = this.entries.get(lease.jobId)
    const entry = { ...lease, expiresAt: findExpiry(lease, now), heldSince: now }
    this.splitJobs.record(lease)
    // Reports can arrive out of order: progress and fence only grow.
    if (known !== undefined && known.fence > lease.fence) {
      return entry
    }
    if (known?.fence === lease.fence && known.progress > lease.progress) {
      Object.assign(entry, pickProgress(known))
    }
    this.entries.set(lease.jobId, entry)
    return entry
  }

  /**
   * Extends the lease of the claim, and records the progress unless the report is late. Returns the
   * lease; null if it is not held under this claim, or if the database has to be asked: to record that
   * the package can be played, or for what is known of a chunk.
   */
  extend(claim: Claim, report: Omit<Report, 'fence'>, now: number): Entry | null {
    const entry = this.entries.get(claim.jobId)
    if (!entry || entry.fence !== claim.fence || !isFromRunner(entry, claim)) {
      return null
    }
    const lacksFacts = entry.isChunk && entry.chunk === undefined
    if (lacksFacts || (report.playable && !entry.isPlayable)) {
      return null
    }
    if (report.progress >= entry.progress) {
      Object.assign(entry, pickProgress(report))
    }
    entry.expiresAt = findExpiry(entry, now)
    return entry
  }

  /** Ends the leases of jobs and chunks under these fences, and those of the chunks of the jobs. */
  end(ended: readonly JobFence[], now: number): void {
    for (const { jobId, fence } of ended) {
      const chunks = this.listChunks(jobId).filter(({ chunk }) => chunk!.fence <= fence)
      for (const lease of [...chunks, { jobId, fence }]) {
        this.endOne(lease, now)
      }
      this.splitJobs.forget(jobId, fence)
    }
  }

  private endOne({ jobId, fence }: JobFence, now: number): void {
    const latest = Math.max(fence, this.ended.get(jobId)?.fence ?? 0)
    this.ended.set(jobId, { fence: latest, endedAt: now })
    // A late message about an earlier attempt does not end the lease of the present one.
    if ((this.entries.get(jobId)?.fence ?? 0) <= fence) {
      this.entries.delete(jobId)
    }
  }

  readProgress(jobIds: readonly string[]): JobProgress[] {
    return jobIds.flatMap((jobId) => {
      const entry = this.entries.get(jobId)
      const progress = entry
        ? { jobId, fence: entry.fence, ...pickProgress(entry) }
        : this.splitJobs.compute(jobId, this.listChunks(jobId))
      return progress ?? []
    })
  }

  /**
   * Returns the progress of the job of a lease, which can be that of a chunk; null if the progress of a
   * split job is not known yet.
   */
  describeJob(lease: HeldLease): Omit<JobProgress, 'fence'> | null {
    return lease.chunk
      ? this.splitJobs.compute(lease.chunk.jobId, this.listChunks(lease.chunk.jobId))
      : { jobId: lease.jobId, ...pickProgress(lease) }
  }

  private listChunks(jobId: string): Entry[] {
    return [...this.entries.values()].filter(({ chunk }) => chunk?.jobId === jobId)
  }

  /**
   * Makes the entries agree with the leases that the database says are held. A lease that is not
   * known here begins now, because its last report is not known either.
   *
   * @param readAt when the read of `leases` began; what changed here since is newer than `leases`
   */
  synchronize(leases: readonly HeldLease[], readAt: number, now: number): void {
    const held = new Map(leases.map((lease) => [lease.jobId, lease]))
    for (const entry of this.entries.values()) {
      if (entry.heldSince < readAt && held.get(entry.jobId)?.fence !== entry.fence) {
        this.entries.delete(entry.jobId)
      }
    }
    for (const lease of leases) {
      const hasEnded = (this.ended.get(lease.jobId)?.endedAt ?? 0) >= readAt
      if (!this.entries.has(lease.jobId) && !hasEnded) {
        this.add(lease, now)
      }
    }
    for (const [jobId, { endedAt }] of this.ended) {
      if (endedAt < now - MAX_REPORT_MS) {
        this.ended.delete(jobId)
      }
    }
  }

  /** Extends the leases that expire before `until`. */
  extendAll(until: number): void {
    for (const entry of this.entries.values()) {
      entry.expiresAt = Math.max(entry.expiresAt, Math.min(until, entry.latestExpiry))
    }
  }

  /** Removes the leases that have expired at `now`, and returns them. */
  takeExpired(now: number): Entry[] {
    const expired = [...this.entries.values()].filter(({ expiresAt }) => expiresAt <= now)
    this.end(expired, now)
    return expired
  }

  /** Returns when the first lease expires (ms since the epoch); null if none is held. */
  findNextExpiry(): number | null {
    const times = [...this.entries.values()].map(({ expiresAt }) => expiresAt)
    return times.length === 0 ? null : Math.min(...times)
  }
}

function findExpiry({ leaseSeconds, latestExpiry }: HeldLease, now: number): number {
  return Math.min(now + leaseSeconds * 1_000, latestExpiry)
}

function isFromRunner(entry: Entry, { runnerSecretHash }: Claim): boolean {
  return runnerSecretHash === undefined || runnerSecretHash === entry.runnerSecretHash
}

function pickProgress<Fields extends Omit<JobProgress, 'jobId' | 'fence'>>(fields: Fields) {
  const { progress, stage, etaSeconds, fps, speed } = fields
  return { progress, stage, etaSeconds, fps, speed }
}
