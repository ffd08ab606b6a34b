/** The lease of a step of an import, which is extended while bytes arrive, and the live progress of its jobs. */
import { updateImport } from '../../db/importSteps.ts'
import type { ChangedJob, ImportRow } from '../../db/rows.ts'
import type { Platform } from '../ports.ts'
import { percentOf } from './importProgress.ts'

const LEASE_MS = 90_000
const EXTEND_AFTER_MS = 20_000
const PROGRESS_INTERVAL_MS = 1_000
/** Interval if more than FEW_JOBS wait for the import: each of them is a call of a hub. */
const LONG_PROGRESS_INTERVAL_MS = 5_000
const FEW_JOBS = 4

/** Another step, a cancellation or a new request has taken over the import. */
export class ImportLostError extends Error {
  override name = 'ImportLostError'
}

export function leaseUntil(): number {
  return Date.now() + LEASE_MS
}

export class ImportLease {
  /** True if the step has recorded bytes that the next one continues from. */
  hasProgress = false
  private readonly platform: Platform
  private readonly row: ImportRow
  private readonly jobs: ChangedJob[]
  private readonly startedAt = Date.now()
  private extendedAt = Date.now()
  private reportedAt = 0
  /** Bytes that this step has received. */
  private receivedBytes = 0

  constructor(platform: Platform, row: ImportRow, jobs: ChangedJob[]) {
    this.platform = platform
    this.row = row
    this.jobs = jobs
  }

  /**
   * Extends the lease and sends the progress, if it is time to.
   *
   * @param offset position in the file up to which bytes have arrived
   * @throws ImportLostError
   */
  async keep(offset: number, sizeBytes: number | null, newBytes: number): Promise<void> {
    const now = Date.now()
    this.receivedBytes += newBytes
    const interval = this.jobs.length > FEW_JOBS ? LONG_PROGRESS_INTERVAL_MS : PROGRESS_INTERVAL_MS
    if (now - this.reportedAt >= interval) {
      this.reportedAt = now
      this.platform.defer(this.sendProgress(offset, sizeBytes))
    }
    await this.extend()
  }

  /**
   * Extends the lease, if it is time to.
   *
   * @throws ImportLostError
   */
  async extend(): Promise<void> {
    const now = Date.now()
    if (now - this.extendedAt >= EXTEND_AFTER_MS) {
      this.extendedAt = now
      if (!(await updateImport(this.platform.db, this.row, { dueAt: leaseUntil() }))) {
        throw new ImportLostError()
      }
    }
  }

  private async sendProgress(offset: number, sizeBytes: number | null): Promise<void> {
    const bytesPerMs = this.receivedBytes / Math.max(1, Date.now() - this.startedAt)
    const etaSeconds =
      sizeBytes === null || bytesPerMs === 0
        ? null
        : Math.round((sizeBytes - offset) / bytesPerMs / 1000)
    const progress = percentOf(offset, sizeBytes)
    const fields = { progress, stage: 'import', etaSeconds, fps: null, speed: null }
    const { filePath } = this.row
    await Promise.all(
      this.jobs.map(({ id, queue }) =>
        this.platform.hubs.sendProgress(queue, filePath, { jobId: id, ...fields }),
      ),
    )
  }
}
