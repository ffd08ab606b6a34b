/**
 * Records requests for what visitors created, so that the cleaner deletes only what nobody requests
 * any more. A request of any caller counts.
 */
import type { JobRow, VariantRow } from '../../db/rows.ts'
import { recordJobRequest, recordVariantRequest } from '../../db/visitorRequests.ts'
import type { Platform } from '../ports.ts'

/** A request is recorded only this long after the last one, because each record writes rows. */
const INTERVAL_MS = 60 * 60_000

/** Returns the time to record; null if the row is not a visitor's, or has a recent time. */
function timeToRecord({ lastRequestedAt }: Pick<JobRow, 'lastRequestedAt'>): number | null {
  const now = Date.now()
  return lastRequestedAt !== null && now - lastRequestedAt >= INTERVAL_MS ? now : null
}

export function recordRequestOfVariant(platform: Platform, variant: VariantRow): void {
  const now = timeToRecord(variant)
  if (now !== null) {
    platform.defer(recordVariantRequest(platform.db, variant, now))
  }
}

export function recordRequestOfJob(platform: Platform, job: JobRow): void {
  const now = timeToRecord(job)
  if (now !== null) {
    platform.defer(recordJobRequest(platform.db, job.id, now))
  }
}
