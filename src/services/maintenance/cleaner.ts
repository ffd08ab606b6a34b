/** Removing what is older than it is kept. */
import { findRevisions, deleteUnownedFiles, listStaleReservations } from '../../db/files.ts'
import { listQueues } from '../../db/queues.ts'
import {
  deleteEvents,
  deleteFinishedJobs,
  deleteHourlyStats,
  deleteIdempotencyKeys,
} from '../../db/cleanup.ts'
import { collectGarbage } from './garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { settle } from '../files/storageQuota.ts'
import { dropOldUploads } from '../files/multipartUploads.ts'

const DAY_MS = 86_400_000
const IDEMPOTENCY_DAYS = 1
const UPLOADS_A_ROUND = 20
const FILES_A_ROUND = 200

export interface Retention {
  jobDays: number
  eventDays: number
  uploadDays: number
}

/**
 * One bounded round. Jobs go before events, so that the event of a job's removal is kept as long
 * as any other. Variants stay: they are what the jobs were for.
 */
export async function runCleaner(
  platform: Platform,
  { jobDays, eventDays, uploadDays }: Retention,
) {
  const { db } = platform
  const now = Date.now()
  await deleteFinishedJobs(db, now - jobDays * DAY_MS)
  await deleteEvents(db, now - eventDays * DAY_MS)
  await deleteIdempotencyKeys(db, now - IDEMPOTENCY_DAYS * DAY_MS)
  for (const { name } of await listQueues(db)) {
    await deleteHourlyStats(db, name, now - jobDays * DAY_MS)
  }
  const begun = now - uploadDays * DAY_MS
  await dropOldUploads(platform, begun, UPLOADS_A_ROUND)
  await settleOld(platform, begun)
  await deleteUnownedFiles(db, begun, FILES_A_ROUND)
  await collectGarbage(platform)
}

/** What of a file has come is put down where its writer has not done so, and cannot any more. */
async function settleOld(platform: Platform, before: number) {
  const { db } = platform
  for (const { id, filePath } of await listStaleReservations(db, before, UPLOADS_A_ROUND)) {
    const revision = (await findRevisions(db, [filePath])).get(filePath) ?? null
    await settle(platform, { id, filePath, revision })
  }
}
