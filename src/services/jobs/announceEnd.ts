/** Notifies the hub of the end of an attempt, and deletes the outputs that it retired. */
import type { JobRow } from '../../db/rows.ts'
import { collectGarbage } from '../maintenance/garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { recheckTime } from '../queues/queues.ts'
import { forgetHeldJobs } from './heldJobs.ts'

/**
 * Notifies the hub, and runs the garbage collector, because the end of an attempt can retire
 * outputs.
 */
export function announceEnd(platform: Platform, row: JobRow, retryAt: number | null) {
  notifyOfEnd(platform, row, retryAt)
  platform.defer(collectGarbage(platform))
}

/** Notifies the hub, which sends the events and checks the pending jobs soon. */
export function notifyOfEnd(platform: Platform, row: JobRow, retryAt: number | null) {
  forgetHeldJobs()
  const deadline = Math.min(retryAt ?? Infinity, recheckTime())
  platform.defer(platform.hubs.notify(row.queue, deadline, [{ jobId: row.id, fence: row.fence }]))
}
