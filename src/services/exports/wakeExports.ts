/** Wakes exports of which a step is due. */
import { listDueExports } from '../../db/exports.ts'
import type { Platform } from '../ports.ts'

const MAX_EXPORTS = 100

/** Also those whose message was lost, whose Worker has died, or that waited for another one to the same object. */
export async function wakeDueExports(platform: Platform): Promise<void> {
  const due = await listDueExports(platform.db, Date.now(), MAX_EXPORTS)
  await platform.wakeExports(due.map((jobId) => ({ jobId, delaySeconds: 0 })))
}
