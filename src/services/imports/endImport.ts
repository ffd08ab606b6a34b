/** What follows the end of an import: its jobs start or have failed, and the remains of its upload are deleted. */
import { cleanImport } from '../../db/importSteps.ts'
import { findQueue } from '../../db/queues.ts'
import type { ChangedJob, ImportRow, JobRow } from '../../db/rows.ts'
import { findUpload } from '../../db/uploads.ts'
import { deleteUploadAndParts } from '../files/multipartUploads.ts'
import { groupByQueue } from '../jobs/jobActions.ts'
import type { Platform } from '../ports.ts'
import { offerJobs } from '../queues/offerJobs.ts'
import { countStartableJobs, nextCheckTime, recheckTime } from '../queues/queues.ts'

/** Offers the jobs, whose file is stored now, to runners. */
export async function releaseJobs(platform: Platform, jobs: JobRow[]): Promise<void> {
  for (const [name, rows] of groupByQueue(jobs)) {
    const queue = await findQueue(platform.db, name)
    if (queue) {
      const startable = Math.min(rows.length, countStartableJobs(queue))
      platform.defer(offerJobs(platform, name, rows, startable))
      platform.defer(platform.hubs.notify(name, nextCheckTime(queue)))
    }
  }
}

/** Has the hubs send the events of jobs that have failed. */
export function stopJobs(platform: Platform, jobs: ChangedJob[]): void {
  for (const queue of groupByQueue(jobs).keys()) {
    platform.defer(platform.hubs.notify(queue, recheckTime()))
  }
}

/** Deletes the upload of an import that has ended without its file, or else its row. */
export async function deleteImportRemains(platform: Platform, row: ImportRow): Promise<void> {
  const upload = row.uploadId === null ? undefined : await findUpload(platform.db, row.uploadId)
  if (upload) {
    await deleteUploadAndParts(platform, upload)
  }
  await cleanImport(platform.db, row, Date.now())
}
