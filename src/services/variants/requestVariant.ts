/** A variant on demand: there already, on its way, failed, or queued now. */
import { DEFAULT_QUEUE } from '../../contract/queue.ts'
import { findNewestJob } from '../../db/jobs.ts'
import { findVariant } from '../../db/outputs.ts'
import { type Caller, canSee, canSeePath } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { createJobs } from '../jobs/createJobs.ts'
import { variantBusyError } from '../jobs/createJobErrors.ts'
import type { Platform } from '../ports.ts'
import { areUnchanged, hiddenReferenceFile } from './referenceFiles.ts'
import type { JobRow, VariantRow } from '../../db/rows.ts'

export type VariantOutcome =
  | { ok: true; state: 'ready'; variant: VariantRow }
  | { ok: true; state: 'playable'; packageKey: string }
  | { ok: true; state: 'queued'; jobId: string; queue: string }
  | { ok: true; state: 'failed'; job: JobRow }
  | ErrorResult<
      | 'file_not_found'
      | 'queue_not_found'
      | 'queue_draining'
      | 'variant_busy'
      | 'cap_reached'
      | 'unauthorized'
      | 'forbidden'
      | 'rate_limited'
    >

type MayQueue = () => Promise<
  { ok: true } | ErrorResult<'unauthorized' | 'forbidden' | 'rate_limited'>
>

function noFile(filePath: string) {
  return errorResult('file_not_found', `There is no file ${filePath} in storage.`)
}

/**
 * Finds a variant, and queues its job when there is none at work and `mayQueue` allows it. One that
 * failed is not queued again for a visitor. A variant is ready only if it was made from the original
 * and the other files as they are now, so a replaced one, however it was replaced, never answers with
 * what it was before. A package that is being made is playable as far as it goes.
 */
export async function requestVariant(
  platform: Platform,
  caller: Caller,
  { filePath, variant, queue }: { filePath: string; variant: string; queue?: string | undefined },
  mayQueue: MayQueue,
): Promise<VariantOutcome> {
  if (!canSeePath(caller, filePath)) {
    return noFile(filePath)
  }
  const unseen =
    caller.pathPrefix === null ? null : hiddenReferenceFile(caller, [readCanonicalForm(variant)])
  if (unseen) {
    return unseen
  }
  const { db } = platform
  const bound = caller.queue !== null
  const [source, made, inQueue] = await Promise.all([
    platform.originals.head(filePath),
    findVariant(db, filePath, variant),
    bound ? findNewestJob(db, filePath, variant, caller) : undefined,
  ])
  // What another queue has made is not there for a key that is bound to one.
  const isReady = async (row: VariantRow | undefined): Promise<boolean> =>
    row !== undefined &&
    (!bound || inQueue !== undefined) &&
    (!source || source.etag === row.sourceEtag) &&
    (await areUnchanged(platform, row.referenceFiles))
  if (made && (await isReady(made))) {
    return { ok: true, state: 'ready', variant: made }
  }
  if (!source) {
    return noFile(filePath)
  }

  const newest = await findNewestJob(db, filePath, variant)
  const own = bound ? inQueue : newest
  // It may have been completed between the two looks; the job would be done twice otherwise.
  if (newest?.status === 'completed' && newest.id !== made?.jobId) {
    const since = await findVariant(db, filePath, variant)
    if (since && (await isReady(since))) {
      return { ok: true, state: 'ready', variant: since }
    }
  }
  if (newest?.status === 'pending' || newest?.status === 'running') {
    if (!canSee(caller, newest)) {
      return variantBusyError()
    }
    const { id, playableAt, packageKey } = newest
    return playableAt !== null && packageKey !== null && newest.sourceEtag === source.etag
      ? { ok: true, state: 'playable', packageKey }
      : { ok: true, state: 'queued', jobId: id, queue: newest.queue }
  }
  const same = own?.status === 'error' && own.sourceEtag === source.etag
  if (same && (await areUnchanged(platform, own.referenceFiles))) {
    return { ok: true, state: 'failed', job: own }
  }
  const may = await mayQueue()
  if (!may.ok) {
    return may
  }
  const into = queue ?? caller.queue ?? DEFAULT_QUEUE
  const request = { filePath, transformations: [variant], queue: into }
  const created = await createJobs(platform, caller, request, null)
  if (created.ok) {
    const { row } = created.jobs[0]!
    return { ok: true, state: 'queued', jobId: row.id, queue: row.queue }
  }
  const { code, message } = created
  // The transformation is canonical and there is no idempotency key; the rest is about files.
  return code === 'invalid_transformation' ||
    code === 'idempotency_conflict' ||
    code === 'invalid_request'
    ? errorResult('file_not_found', message)
    : errorResult(code, message)
}

/** Whether the caller can see the original. Files are in no queue, but the jobs of a file are. */
export async function canSeeOriginal({ db }: Platform, caller: Caller, filePath: string) {
  if (!canSeePath(caller, filePath)) {
    return false
  }
  return caller.queue === null || (await findNewestJob(db, filePath, null, caller)) !== undefined
}
