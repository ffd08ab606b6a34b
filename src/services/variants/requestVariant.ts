/** Finds a variant on request, and creates its job when there is none. */
import { shorten } from '../../contract/quote.ts'
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { hasVisibleJob } from '../../db/jobs.ts'
import { findNewestJob } from '../../db/newestJob.ts'
import { findVariant, isMadeInQueue } from '../../db/outputs.ts'
import type { JobRow, VariantRow } from '../../db/rows.ts'
import { type Caller, canSee, canSeePath, UNRESTRICTED } from '../../domain/caller.ts'
import { isActive } from '../../domain/jobTransitions.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { readCanonicalForm, writeRequestForm } from '../../domain/transformation/canonicalForm.ts'
import type { StoredObject } from '../../storage/objectStore.ts'
import { variantBusyError } from '../jobs/createJobErrors.ts'
import { createJobs } from '../jobs/createJobs.ts'
import type { Creator } from '../jobs/newJobs.ts'
import type { Platform } from '../ports.ts'
import { recordRequestOfJob, recordRequestOfVariant } from './recordRequest.ts'
import { areUnchanged, hiddenFileError } from './referenceFiles.ts'

interface VariantRequest {
  filePath: string
  variant: string
  /** The queue for a new job. Default: the queue of the caller, else DEFAULT_QUEUE. */
  queue?: string | undefined
}

export type VariantOutcome =
  | { ok: true; state: 'ready'; variant: VariantRow }
  /** A package whose finished files can be served while its attempt adds more. */
  | { ok: true; state: 'playable'; packageKey: string }
  | { ok: true; state: 'queued'; jobId: string; queue: string }
  | { ok: true; state: 'failed'; job: JobRow }
  | ErrorResult<
      | 'invalid_request'
      | 'file_not_found'
      | 'content_mismatch'
      | 'queue_not_found'
      | 'queue_draining'
      | 'variant_busy'
      | 'cap_reached'
      | 'unauthorized'
      | 'forbidden'
      | 'rate_limited'
    >

/**
 * Returns an error if the caller may not create a job. Called only if a job is needed.
 * `maxVisitorJobs` is set if the caller may create the job only because visitors may.
 */
type MayCreateJob = () => Promise<
  | { ok: true; maxVisitorJobs?: number }
  | ErrorResult<'file_not_found' | 'unauthorized' | 'forbidden' | 'rate_limited'>
>

/**
 * Finds a variant, or creates its job if `mayCreateJob` allows it. A variant is ready only if its
 * original and reference files have not changed since it was made; a missing original is no change.
 * If the last job failed, it is returned, and no new job is created until one of these files
 * changes or the failed job is deleted.
 */
export async function requestVariant(
  platform: Platform,
  caller: Caller,
  request: VariantRequest,
  mayCreateJob: MayCreateJob,
): Promise<VariantOutcome> {
  const { filePath, variant } = request
  if (!canSeePath(caller, filePath)) {
    return fileNotFound(filePath)
  }
  const hidden =
    caller.pathPrefix === null ? null : hiddenFileError(caller, [readCanonicalForm(variant)])
  if (hidden) {
    return hidden
  }
  const found = await findExisting(platform, caller, request)
  if (found) {
    return found
  }
  const allowed = await mayCreateJob()
  if (!allowed.ok) {
    return allowed
  }
  const { maxVisitorJobs } = allowed
  const creator = maxVisitorJobs === undefined ? caller : { ...caller, maxVisitorJobs }
  return createVariantJob(platform, creator, request)
}

/**
 * Returns whether the caller can see an original. A key that is restricted to a queue sees the
 * files that have a job or a variant of that queue.
 */
export async function canSeeOriginal({ db }: Platform, caller: Caller, filePath: string) {
  if (!canSeePath(caller, filePath)) {
    return false
  }
  return (
    caller.queue === null ||
    (await hasVisibleJob(db, filePath, caller)) ||
    (await isMadeInQueue(db, filePath, null, caller.queue))
  )
}

/** Returns the state of the variant; null if a job has to be created. */
async function findExisting(
  platform: Platform,
  caller: Caller,
  { filePath, variant }: VariantRequest,
): Promise<VariantOutcome | null> {
  const { db } = platform
  const { queue } = caller
  const isRestricted = queue !== null
  const [source, stored, jobInQueue, isMadeThere] = await Promise.all([
    platform.originals.head(filePath),
    findVariant(db, filePath, variant),
    isRestricted ? findNewestJob(db, filePath, variant, caller) : undefined,
    isRestricted && isMadeInQueue(db, filePath, variant, queue),
  ])
  // A key that is restricted to a queue sees only the variants that have a job in that queue, or
  // that were made in it by a job whose record is deleted.
  const isVisible = !isRestricted || jobInQueue !== undefined || isMadeThere
  if (stored && isVisible && (await isCurrent(platform, source, stored))) {
    recordRequestOfVariant(platform, stored)
    return { ok: true, state: 'ready', variant: stored }
  }
  if (!source) {
    return fileNotFound(filePath)
  }
  const newest = await findNewestJob(db, filePath, variant, UNRESTRICTED)
  // The job may have completed since the variant was read.
  if (newest?.status === 'completed' && newest.id !== stored?.jobId) {
    const completed = await findVariant(db, filePath, variant)
    if (completed && isVisible && (await isCurrent(platform, source, completed))) {
      recordRequestOfVariant(platform, completed)
      return { ok: true, state: 'ready', variant: completed }
    }
  }
  if (newest && isActive(newest.status)) {
    recordRequestOfJob(platform, newest)
    return describeActiveJob(caller, newest, source)
  }
  const last = isRestricted ? jobInQueue : newest
  return last?.status === 'error' && (await isCurrent(platform, source, last))
    ? { ok: true, state: 'failed', job: last }
    : null
}

/** Returns whether the files that a variant or job was made from are unchanged. */
async function isCurrent(
  platform: Platform,
  source: StoredObject | null,
  { sourceEtag, referenceFiles }: Pick<VariantRow, 'sourceEtag' | 'referenceFiles'>,
): Promise<boolean> {
  // A variant is still served if its original is missing, for example because it was deleted
  // directly in R2.
  return (!source || source.etag === sourceEtag) && areUnchanged(platform, referenceFiles)
}

function describeActiveJob(caller: Caller, job: JobRow, source: StoredObject): VariantOutcome {
  if (!canSee(caller, job)) {
    return variantBusyError()
  }
  const { id, queue, playableAt, packageKey, sourceEtag } = job
  return playableAt !== null && packageKey !== null && sourceEtag === source.etag
    ? { ok: true, state: 'playable', packageKey }
    : { ok: true, state: 'queued', jobId: id, queue }
}

async function createVariantJob(
  platform: Platform,
  caller: Creator,
  { filePath, variant, queue = caller.queue ?? DEFAULT_QUEUE }: VariantRequest,
): Promise<VariantOutcome> {
  // Requests are read with the newest defaults, and names with those of version 1.
  const request = { filePath, transformations: [writeRequestForm(variant)], queue }
  const created = await createJobs(platform, caller, request, null)
  if (created.ok) {
    const { row } = created.jobs[0]!
    return { ok: true, state: 'queued', jobId: row.id, queue: row.queue }
  }
  const { code, message } = created
  // `invalid_request` occurs if the variant cannot be made of the original, for example of a still
  // image. The three codes below cannot occur: the variant is valid, and there is no idempotency
  // key.
  return code === 'invalid_transformation' ||
    code === 'idempotency_conflict' ||
    code === 'idempotency_jobs_deleted'
    ? errorResult('file_not_found', message)
    : errorResult(code, message)
}

function fileNotFound(filePath: string) {
  return errorResult('file_not_found', `There is no file ${shorten(filePath)} in storage.`)
}
