/**
 * Cache of running jobs and their uploads, for the transfers of their runners: a source is read in
 * hundreds of ranges, and an output is sent in hundreds of parts. Each isolate has its own cache, and
 * keeps what it has read for MAX_AGE_MS. A runner that has lost its lease can therefore read the source,
 * and write to the upload of its own attempt, for this long. The keys of an upload and of the file of a completed
 * chunk do not change during a claim, so they are known for as long as the job has an entry. Nothing else is decided
 * by this cache.
 */
import { type Claim, isHeldBy } from '../../db/leases.ts'
import { findClaimedRow } from '../../db/jobs.ts'
import { findOutput } from '../../db/outputs.ts'
import type { JobRow } from '../../db/rows.ts'
import type { Platform } from '../ports.ts'
import { createChunkFinder, type FindChunkFile } from './chunkFiles.ts'

const MAX_AGE_MS = 2_000
const MAX_JOBS = 500

type CachedJob = Pick<
  JobRow,
  | 'fence'
  | 'runnerSecretHash'
  | 'runnerId'
  | 'packageKey'
  | 'parentId'
  | 'chunk'
  | 'filePath'
  | 'sourceEtag'
  | 'sourceBytes'
  | 'referenceFiles'
> & {
  /** For a chunk, finds the files of the others of its job. */
  findChunkFile: FindChunkFile | null
}

interface Entry {
  job: CachedJob
  readAt: number
  /** Keys of the uploads of this claim, by their `uploadId`. */
  outputKeys: Map<string, string>
}

const entries = new Map<string, Entry>()

/**
 * Makes all jobs be read again. Called when this isolate has ended an attempt. The keys of uploads are kept,
 * because they never change.
 */
export function forgetHeldJobs(): void {
  for (const entry of entries.values()) {
    entry.readAt = -Infinity
  }
}

/** Finds the running job that a claim holds, as it was at most MAX_AGE_MS ago. */
export async function findRecentlyHeldJob(
  platform: Platform,
  claim: Claim,
): Promise<CachedJob | undefined> {
  return (await findEntry(platform, claim))?.job
}

/**
 * Finds the key of an upload of a running job that a claim holds, as it was at most MAX_AGE_MS ago.
 */
export async function findOutputKey(
  platform: Platform,
  claim: Claim,
  uploadId: string,
): Promise<string | undefined> {
  const isHeld = (await findEntry(platform, claim)) !== undefined
  return isHeld ? findUploadKey(platform, claim, uploadId) : undefined
}

/** Finds the key of an upload of a claim, even if the claim is no longer held. */
export async function findUploadKey(
  { db }: Platform,
  claim: Claim,
  uploadId: string,
): Promise<string | undefined> {
  const entry = entries.get(claim.jobId)
  const keys = entry?.job.fence === claim.fence ? entry.outputKeys : undefined
  const known = keys?.get(uploadId)
  if (known !== undefined) {
    return known
  }
  const output = await findOutput(db, claim, uploadId)
  if (output) {
    keys?.set(uploadId, output.key)
  }
  return output?.key
}

/**
 * Remembers an upload that begins, so that its parts need no query.
 *
 * @param row the running job
 * @param readAt when its row was read
 */
export function rememberUpload(
  row: JobRow,
  readAt: number,
  { key, uploadId }: { key: string; uploadId: string },
): void {
  keepJob(row, readAt).outputKeys.set(uploadId, key)
}

/**
 * Checks that the runner with this id was the last one to claim the job, at most MAX_AGE_MS ago if the
 * job is running.
 */
export async function isLastRunner(
  platform: Platform,
  jobId: string,
  runnerId: string,
): Promise<boolean> {
  return (
    findFresh(jobId)?.job.runnerId === runnerId ||
    (await readJob(platform, jobId))?.runnerId === runnerId
  )
}

async function findEntry(platform: Platform, claim: Claim): Promise<Entry | undefined> {
  const fresh = findFresh(claim.jobId)
  if (fresh && isHeldBy(fresh.job, claim)) {
    return fresh
  }
  const row = await readJob(platform, claim.jobId)
  return row?.status === 'running' && isHeldBy(row, claim) ? entries.get(claim.jobId) : undefined
}

function findFresh(jobId: string): Entry | undefined {
  const entry = entries.get(jobId)
  return entry && Date.now() - entry.readAt < MAX_AGE_MS ? entry : undefined
}

/** Reads a job, and replaces its entry. */
async function readJob(platform: Platform, jobId: string): Promise<JobRow | undefined> {
  const readAt = Date.now()
  const row = await findClaimedRow(platform.db, jobId)
  if (row?.status === 'running') {
    keepJob(row, readAt)
  } else {
    entries.delete(jobId)
  }
  return row
}

/** Replaces the entry of a running job. Keeps what is known of its claim. */
function keepJob(row: JobRow, readAt: number): Entry {
  const { fence, runnerSecretHash, runnerId } = row
  const { sourceEtag, sourceBytes, referenceFiles, parentId, chunk } = row
  const { filePath, packageKey } = row.chunk ?? row
  const claimed = { fence, runnerSecretHash, runnerId, packageKey, parentId, chunk }
  const known = entries.get(row.id)
  const ofClaim = known?.job.fence === fence ? known : null
  const findChunkFile =
    ofClaim?.job.findChunkFile ?? (parentId === null ? null : createChunkFinder(parentId))
  const entry = {
    job: { ...claimed, filePath, sourceEtag, sourceBytes, referenceFiles, findChunkFile },
    readAt,
    outputKeys: ofClaim?.outputKeys ?? new Map<string, string>(),
  }
  if (known === undefined && entries.size >= MAX_JOBS) {
    entries.clear()
  }
  entries.set(row.id, entry)
  return entry
}
