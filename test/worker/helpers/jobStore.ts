/** Creates and changes jobs by the functions of src/db alone, without a hub, Queues or a runner. */
import { env } from 'cloudflare:workers'
import { cancelJobRows } from '../../../src/db/changeJobs.ts'
import { failJob, releaseJob } from '../../../src/db/jobTransitions.ts'
import { retryJobRows } from '../../../src/db/retryJobs.ts'
import { completeJob } from '../../../src/db/completeJob.ts'
import { claimNextJob } from '../../../src/db/leases.ts'
import { failImport } from '../../../src/db/importSteps.ts'
import { insertJobs } from '../../../src/db/insertJobs.ts'
import { findJob } from '../../../src/db/jobs.ts'
import { NO_DUE_TIME } from '../../../src/db/schema/jobs.ts'
import type { JobStatus } from '../../../src/contract/jobStatus.ts'
import { UNRESTRICTED } from '../../../src/domain/caller.ts'
import type { JobEvent } from '../../../src/domain/jobTransitions.ts'
import { db } from './database.ts'
import type { ChangedJob, JobRow } from '../../../src/db/rows.ts'

export interface NewJob {
  queue?: string
  filePath?: string
  transformation?: string
  priority?: number
}
let insertions = 0

/** Inserts a pending job. Returns the active job of its variant, which may have existed before. */
export async function insertJob(job: NewJob = {}): Promise<JobRow> {
  const id = `job_${(++insertions).toString(16).padStart(32, '0')}`
  const { queue = 'default', transformation = 'f_mp4', priority = 2 } = job
  const { rows } = await insertJobs(db, {
    filePath: job.filePath ?? `videos/${insertions}.mp4`,
    queue,
    jobs: [
      {
        id,
        transformation,
        priority,
        requiredEncoders: ['aac', 'libx264'],
        sizeClass: 1,
        referenceFiles: [],
        destination: null,
      },
    ],
    source: { etag: 'etag', sizeBytes: 1_000 },
    idempotency: null,
    apiKeyId: null,
    maxQueuedJobs: null,
    maxVisitorJobs: null,
    restriction: UNRESTRICTED,
    now: Date.now(),
  })
  return rows[0]!
}

const OUTPUT = {
  format: 'mov,mp4',
  durationSeconds: 2,
  sizeBytes: 500,
  videoCodec: 'h264',
  audioCodec: null,
  width: 640,
  height: 360,
  frameRate: 25,
}

/**
 * Applies an event by the statement that implements it. Returns undefined if it is rejected. A
 * claim takes the next job of the queue, which may be another one than `job`.
 */
export async function applyEvent(
  event: JobEvent,
  job: Pick<JobRow, 'id' | 'fence' | 'queue'>,
  now = Date.now(),
): Promise<JobRow | undefined> {
  const claim = { jobId: job.id, fence: job.fence }
  const failure = { errorCode: 'stalled', message: 'no progress' } as const
  switch (event) {
    case 'claim':
      return claimNextJob(db, job.queue, { id: 'runner', secretHash: null }, now)
    case 'complete': {
      const finish = {
        outcome: 'completed' as const,
        fence: job.fence,
        stderrTail: 'tail',
        command: 'ffmpeg',
        timings: { encode: 10 },
        uploadId: 'upload',
        parts: [],
        output: OUTPUT,
      }
      const outputKey = `${job.id}/${job.fence}`
      return completeJob(db, claim, { outputKey, output: OUTPUT, finish, isExported: false }, now)
    }
    case 'fail':
      return failJob(db, claim, { ...failure, retryAt: null }, now)
    case 'backOff':
      return failJob(db, claim, { ...failure, retryAt: now + 60_000 }, now)
    case 'release':
      return releaseJob(db, claim)
    case 'failImport':
      return readChanged(await failImportOf(job.id, now))
    case 'cancel':
      return readChanged(await cancelJobRows(db, [job.id], false, now, UNRESTRICTED))
    case 'forceCancel':
      return readChanged(await cancelJobRows(db, [job.id], true, now, UNRESTRICTED))
    case 'retryExport':
      await failExportOf(job.id)
      return readChanged(await retryJobRows(db, [job.id], UNRESTRICTED))
    case 'retry':
      return readChanged(await retryJobRows(db, [job.id], UNRESTRICTED))
  }
}

/** Has a pending job wait for an import, which then fails. */
async function failImportOf(jobId: string, now: number): Promise<ChangedJob[]> {
  const { filePath } = (await findJob(db, jobId, UNRESTRICTED))!
  await env.DB.batch([
    env.DB.prepare(
      `UPDATE jobs SET stage = 'import', run_after = ${NO_DUE_TIME} WHERE id = ? AND status = 'pending'`,
    ).bind(jobId),
    env.DB.prepare(
      "INSERT OR REPLACE INTO imports (file_path, url_hash, started_at, due_at) VALUES (?, '', 0, 0)",
    ).bind(filePath),
  ])
  const failure = { code: 'import_refused', message: 'it was refused', keepsSource: false } as const
  return (await failImport(db, { filePath, fence: 0 }, failure, now))!
}

/** Has a failed job have a variant whose export failed. */
async function failExportOf(jobId: string): Promise<void> {
  const isFailed = "FROM jobs WHERE id = ? AND status = 'error'"
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO variants (file_path, transformation, output_key, job_id, size_bytes, source_etag, created_at)
       SELECT file_path, transformation, id, id, 1, '', 0 ${isFailed}`,
    ).bind(jobId),
    env.DB.prepare(
      `UPDATE jobs SET error_code = 'export_refused' WHERE id IN (SELECT id ${isFailed})`,
    ).bind(jobId),
  ])
}

async function readChanged([changed]: ChangedJob[]): Promise<JobRow | undefined> {
  return changed && findJob(db, changed.id, UNRESTRICTED)
}

/** The events that bring a new job into each status. */
const EVENTS_TO_REACH: Record<JobStatus, JobEvent[]> = {
  pending: [],
  running: ['claim'],
  completed: ['claim', 'complete'],
  error: ['claim', 'fail'],
  cancelled: ['cancel'],
}

/** Inserts a job and brings it into `status`. Its queue must have no other job to claim. */
export async function insertJobIn(status: JobStatus, job: NewJob = {}): Promise<JobRow> {
  let row = await insertJob(job)
  for (const event of EVENTS_TO_REACH[status]) {
    row = (await applyEvent(event, row))!
  }
  return row
}
