/** Progress reports: they extend the lease and are sent to subscribers. */
import type { Report } from '../../contract/runnerProtocol.ts'
import { type Claim, reportProgress } from '../../db/leases.ts'
import type { JobRow } from '../../db/rows.ts'
import type { Platform } from '../ports.ts'
import { toPercent } from '../serializers.ts'
import { leaseLostError, type LeaseLostError } from './claimChecks.ts'

/** Records a report and extends the lease. Returns the updated job. */
export async function recordReport(
  platform: Platform,
  claim: Claim,
  report: Omit<Report, 'fence'>,
): Promise<{ ok: true; row: JobRow } | LeaseLostError> {
  const now = Date.now()
  const row = await reportProgress(platform.db, claim, report, now)
  if (!row) {
    return leaseLostError()
  }
  const { id: jobId, queue, filePath, progress, stage, etaSeconds, fps, speed } = row
  const data = {
    jobId,
    progress: toPercent(progress),
    stage: stage!,
    etaSeconds,
    fps,
    speed,
  }
  platform.defer(platform.hubs.sendProgress(queue, filePath, data))
  // This report made the job playable, so a trigger has written an event to the log.
  if (row.playableAt === now) {
    platform.defer(platform.hubs.notify(queue, null))
  }
  return { ok: true, row }
}
