/** The cleaner: deletes rows that are older than their retention time. */
import { deleteUnownedFiles, findRevisions, listStaleReservations } from '../../db/files.ts'
import { listQueues } from '../../db/queues.ts'
import {
  deleteEvents,
  deleteFinishedJobs,
  deleteHourlyStats,
  deleteIdempotencyKeys,
} from '../../db/cleanup.ts'
import { collectGarbage } from './garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { finishWrite } from '../files/storageQuota.ts'
import { deleteOldUploads } from '../files/multipartUploads.ts'

const DAY_MS = 86_400_000
const IDEMPOTENCY_DAYS = 1
const MAX_UPLOADS_PER_ROUND = 20
const MAX_FILES_PER_ROUND = 200

export interface Retention {
  jobDays: number
  eventDays: number
  uploadDays: number
}

/**
 * Runs one round, which deletes a bounded number of rows. The event of a job's deletion is kept as
 * long as any other event. Variants are not deleted.
 */
export async function runCleaner(
  platform: Platform,
  { jobDays, eventDays, uploadDays }: Retention,
): Promise<void> {
  const { db } = platform
  const now = Date.now()
  await deleteFinishedJobs(db, now - jobDays * DAY_MS)
  await deleteEvents(db, now - eventDays * DAY_MS)
  await deleteIdempotencyKeys(db, now - IDEMPOTENCY_DAYS * DAY_MS)
  for (const { name } of await listQueues(db)) {
    await deleteHourlyStats(db, name, now - jobDays * DAY_MS)
  }
  const uploadsBefore = now - uploadDays * DAY_MS
  await deleteOldUploads(platform, uploadsBefore, MAX_UPLOADS_PER_ROUND)
  await recordAbandonedWrites(platform, uploadsBefore)
  await deleteUnownedFiles(db, uploadsBefore, MAX_FILES_PER_ROUND)
  await collectGarbage(platform)
}

/** Deletes the reservations of interrupted writes, and records the files that R2 has now. */
async function recordAbandonedWrites(platform: Platform, before: number): Promise<void> {
  const { db } = platform
  for (const { id, filePath } of await listStaleReservations(db, before, MAX_UPLOADS_PER_ROUND)) {
    const revision = (await findRevisions(db, [filePath])).get(filePath) ?? null
    await finishWrite(platform, { id, filePath, revision })
  }
}
