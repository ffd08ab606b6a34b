/** The cleaner: deletes what is older than its retention time, and completes interrupted writes. */
import { deleteOldFileProbes } from '../../db/fileProbes.ts'
import { forgetDeletedFiles, findRevisions, listStaleReservations } from '../../db/files.ts'
import { listQueues } from '../../db/queues.ts'
import {
  deleteEvents,
  deleteFinishedJobs,
  deleteHourlyStats,
  deleteIdempotencyKeys,
} from '../../db/cleanup.ts'
import { deleteUnrequestedJobs, deleteUnrequestedVariants } from '../../db/visitorRequests.ts'
import { deleteDeliveries, deleteUnusedEndpoints } from '../../db/webhookCleanup.ts'
import type { UploadRow } from '../../db/rows.ts'
import { listUploadsBefore } from '../../db/uploads.ts'
import { describeError, logError } from '../../log.ts'
import { checkDatabaseLevel, shortenRetention } from './databaseLevel.ts'
import { collectGarbage } from './garbageCollector.ts'
import type { Platform } from '../ports.ts'
import { finishWrite } from '../files/storageQuota.ts'
import { deleteUploadAndParts } from '../files/multipartUploads.ts'

const DAY_MS = 86_400_000
const IDEMPOTENCY_DAYS = 1
const MAX_UPLOADS_PER_ROUND = 20
const MAX_FILES_PER_ROUND = 200
/** The cron trigger runs the cleaner each minute. Requests wait for D1 only between statements. */
const MAX_CLEANING_MS = 20_000
/** It limits the subrequests of a run. */
const MAX_ROUNDS = 100
/** A file that is still used is probed again after this time. */
const PROBE_DAYS = 7
/** About 100 MB, if all have the size of a usual one. */
const MAX_PROBES = 50_000
const MAX_PROBES_PER_ROUND = 1_000
const MAX_DELIVERIES_PER_ROUND = 1_000

export interface Retention {
  jobDays: number
  eventDays: number
  uploadDays: number
  /** For variants and pending jobs of visitors, from the last request for them. */
  publicVariantDays: number
}

/**
 * Runs the cleaner once. The large tables are cleaned in rounds, each of which deletes a bounded
 * number of rows, until nothing is left to delete or the time is over; the next run continues.
 * Events have a retention time of their own, and can outlive their job. Variants have no retention
 * time, except those of visitors. An error is logged, and does not stop the other steps.
 *
 * @param budgetMs time after which no further round begins
 */
export async function runCleaner(
  platform: Platform,
  retention: Retention,
  budgetMs = MAX_CLEANING_MS,
): Promise<void> {
  const { db } = platform
  const now = Date.now()
  const level = (await run('database size', () => checkDatabaseLevel(platform))) ?? 'normal'
  const { uploadDays, publicVariantDays } = retention
  const jobDays = shortenRetention(retention.jobDays, level)
  const eventDays = shortenRetention(retention.eventDays, level)
  const uploadsBefore = now - uploadDays * DAY_MS
  const requestedBefore = now - publicVariantDays * DAY_MS
  await repeat(now + budgetMs, {
    jobs: () => deleteFinishedJobs(db, now - jobDays * DAY_MS),
    events: () => deleteEvents(db, now - eventDays * DAY_MS, now - 2 * eventDays * DAY_MS),
    deliveries: () => deleteDeliveries(db, now - eventDays * DAY_MS, MAX_DELIVERIES_PER_ROUND),
    'idempotency keys': () => deleteIdempotencyKeys(db, now - IDEMPOTENCY_DAYS * DAY_MS),
    probes: () =>
      deleteOldFileProbes(db, {
        before: now - PROBE_DAYS * DAY_MS,
        maxRows: MAX_PROBES,
        limit: MAX_PROBES_PER_ROUND,
      }),
    'variants of visitors': () => deleteUnrequestedVariants(db, requestedBefore),
    outputs: () => collectGarbage(platform),
  })
  await run('statistics', () => deleteStatistics(platform, now - retention.jobDays * DAY_MS))
  await run('uploads', () => deleteOldUploads(platform, uploadsBefore, Date.now() + budgetMs))
  await run('reservations', () => recordAbandonedWrites(platform, uploadsBefore))
  await run('webhooks', () => deleteUnusedEndpoints(db, now - eventDays * DAY_MS))
  await run('files', () => forgetDeletedFiles(db, uploadsBefore, MAX_FILES_PER_ROUND))
  await run('jobs of visitors', () => deleteVisitorJobs(platform, requestedBefore))
}

/**
 * Runs the steps in rounds until `until` (ms since the epoch), at least once and at most MAX_ROUNDS
 * times. A step that deleted nothing, or failed, is left out of the later rounds.
 *
 * @param steps by what they work on; each returns 0 if it deleted nothing
 */
async function repeat(until: number, steps: Record<string, () => Promise<number>>): Promise<void> {
  let remaining = Object.entries(steps)
  for (let round = 0; round < MAX_ROUNDS && remaining.length > 0; round++) {
    const left: typeof remaining = []
    for (const [subject, step] of remaining) {
      if (((await run(subject, step)) ?? 0) > 0) {
        left.push([subject, step])
      }
    }
    remaining = Date.now() < until ? left : []
  }
}

/**
 * Returns the result of a step, or undefined if it failed.
 *
 * @param subject what the step works on, for the log
 */
async function run<Result>(
  subject: string,
  step: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await step()
  } catch (error) {
    logError('cleaner_failed', { subject, error: describeError(error) })
    return undefined
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
 * completed uploads stay. If one fails, for example because the credential of its bucket is not valid
 * any more, the next ones follow until `until`, so that those that always fail do not keep the others.
 */
async function deleteOldUploads(platform: Platform, before: number, until: number): Promise<void> {
  let last: UploadRow | null = null
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const uploads = await listUploadsBefore(platform.db, before, MAX_UPLOADS_PER_ROUND, last)
    let deleted = 0
    for (const upload of uploads) {
      deleted += (await run(`upload ${upload.id}`, () => deleteUpload(platform, upload))) ?? 0
    }
    last = uploads.at(-1) ?? null
    if (deleted === uploads.length || Date.now() >= until) {
      return
    }
  }
}

async function deleteUpload(platform: Platform, upload: UploadRow): Promise<1> {
  await deleteUploadAndParts(platform, upload)
  return 1
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
