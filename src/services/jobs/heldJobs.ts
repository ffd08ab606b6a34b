/**
 * Cache of running jobs and their uploads, for the transfers of their runners: a source is read in
 * hundreds of ranges, and an output is sent in hundreds of parts. Each isolate has its own cache, and
 * keeps what it has read for MAX_AGE_MS. A runner that has lost its lease can therefore read the source,
 * and write to the upload of its own attempt, for this long. Nothing else is decided by this cache.
 */
import { type Claim, isHeldBy } from '../../db/leases.ts'
import { findClaimedRow } from '../../db/jobs.ts'
import { findOutput } from '../../db/outputs.ts'
import type { JobRow } from '../../db/rows.ts'
import type { Platform } from '../ports.ts'

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
>

interface Entry {
  job: CachedJob
  readAt: number
  /** Keys of the uploads of this claim, by their `uploadId`. */
  outputKeys: Map<string, string>
}

const entries = new Map<string, Entry>()

/** Empties the cache. Called when this isolate has ended an attempt. */
export function forgetHeldJobs(): void {
  entries.clear()
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
  const entry = await findEntry(platform, claim)
  const known = entry?.outputKeys.get(uploadId)
  if (!entry || known !== undefined) {
    return known
  }
  const output = await findOutput(platform.db, claim, uploadId)
  if (output) {
    entry.outputKeys.set(uploadId, output.key)
  }
  return output?.key
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
  entries.delete(jobId)
  if (row?.status === 'running') {
    if (entries.size >= MAX_JOBS) {
      entries.clear()
    }
    const { fence, runnerSecretHash, runnerId } = row
    const { sourceEtag, sourceBytes, referenceFiles, parentId, chunk } = row
    const { filePath, packageKey } = row.chunk ?? row
    const claimed = { fence, runnerSecretHash, runnerId, packageKey, parentId, chunk }
    const job = { ...claimed, filePath, sourceEtag, sourceBytes, referenceFiles }
    entries.set(jobId, { job, readAt, outputKeys: new Map() })
  }
  return row
}
