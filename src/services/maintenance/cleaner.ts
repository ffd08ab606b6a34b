/** The cleaner: deletes what is older than its retention time, and completes interrupted writes. */
import { deleteUnownedFiles, findRevisions, listStaleReservations } from '../../db/files.ts'
import { listQueues } from '../../db/queues.ts'
import {
  deleteEvents,
  deleteFinishedJobs,
  deleteHourlyStats,
  deleteIdempotencyKeys,
} from '../../db/cleanup.ts'
import { deleteUnrequestedJobs, deleteUnrequestedVariants } from '../../db/visitorRequests.ts'
import { listUploadsBefore } from '../../db/uploads.ts'
import { describeError, logError } from '../../log.ts'
import { collectGarbage } from './garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { finishWrite } from '../files/storageQuota.ts'
import { deleteUploadAndParts } from '../files/multipartUploads.ts'

const DAY_MS = 86_400_000
const IDEMPOTENCY_DAYS = 1
const MAX_UPLOADS_PER_ROUND = 20
const MAX_FILES_PER_ROUND = 200

export interface Retention {
  jobDays: number
  eventDays: number
  uploadDays: number
  /** For variants and pending jobs of visitors, from the last request for them. */
  publicVariantDays: number
}

/**
 * Runs one round. A round deletes a bounded number of rows of each large table. Events have a
 * retention time of their own, and can outlive their job. Variants have no retention time, except
 * those of visitors. An error is logged, and does not stop the other steps.
 */
export async function runCleaner(
  platform: Platform,
  { jobDays, eventDays, uploadDays, publicVariantDays }: Retention,
): Promise<void> {
  const { db } = platform
  const now = Date.now()
  const uploadsBefore = now - uploadDays * DAY_MS
  await run('jobs', () => deleteFinishedJobs(db, now - jobDays * DAY_MS))
  await run('events', () => deleteEvents(db, now - eventDays * DAY_MS))
  await run('idempotency keys', () => deleteIdempotencyKeys(db, now - IDEMPOTENCY_DAYS * DAY_MS))
  await run('statistics', () => deleteStatistics(platform, now - jobDays * DAY_MS))
  await run('uploads', () => deleteOldUploads(platform, uploadsBefore))
  await run('reservations', () => recordAbandonedWrites(platform, uploadsBefore))
  await run('files', () => deleteUnownedFiles(db, uploadsBefore, MAX_FILES_PER_ROUND))
  const requestedBefore = now - publicVariantDays * DAY_MS
  await run('variants of visitors', () => deleteUnrequestedVariants(db, requestedBefore))
  await run('jobs of visitors', () => deleteVisitorJobs(platform, requestedBefore))
  await run('outputs', () => collectGarbage(platform))
}

/** @param subject what the step works on, for the log */
async function run(subject: string, step: () => Promise<unknown>): Promise<void> {
  try {
    await step()
  } catch (error) {
    logError('cleaner_failed', { subject, error: describeError(error) })
  }
}

async function deleteVisitorJobs(platform: Platform, before: number): Promise<void> {
  for (const queue of await deleteUnrequestedJobs(platform.db, before)) {
    await platform.hubs.notify(queue, null)
  }
}

async function deleteStatistics({ db }: Platform, before: number): Promise<void> {
  for (const { name } of await listQueues(db)) {
    await run(`statistics of the queue ${name}`, () => deleteHourlyStats(db, name, before))
  }
}

/**
 * Deletes uploads that began before `before` (ms), up to MAX_UPLOADS_PER_ROUND. The files of
 * completed uploads stay.
 */
async function deleteOldUploads(platform: Platform, before: number): Promise<void> {
  for (const upload of await listUploadsBefore(platform.db, before, MAX_UPLOADS_PER_ROUND)) {
    await run(`upload ${upload.id}`, () => deleteUploadAndParts(platform, upload))
  }
}

/** Deletes the reservations of interrupted writes, and records the files that R2 has now. */
async function recordAbandonedWrites(platform: Platform, before: number): Promise<void> {
  const { db } = platform
  for (const { id, filePath } of await listStaleReservations(db, before, MAX_UPLOADS_PER_ROUND)) {
    await run(`reservation ${id}`, async () => {
      const revision = (await findRevisions(db, [filePath])).get(filePath) ?? null
      await finishWrite(platform, { id, filePath, revision })
    })
  }
}
