/** A variant on demand: there already, on its way, failed, or queued now. */
import { findNewestJob, type JobRow } from '../db/jobRows.ts'
import { findVariant, type VariantRow } from '../db/outputRows.ts'
import { createJobs } from './create.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import type { Platform } from './platform.ts'

export type VariantOutcome =
  | { ok: true; state: 'ready'; variant: VariantRow }
  | { ok: true; state: 'queued'; jobId: string }
  | { ok: true; state: 'failed'; job: JobRow }
  | Refusal<'file_not_found' | 'queue_draining'>

/**
 * Finds a variant, and queues its job when there is none at work. One that failed is not queued
 * again for a visitor. A variant is ready only if it was made from the original as it is now, so
 * a replaced file, however it was replaced, never answers with what it was before.
 */
export async function requestVariant(
  platform: Platform,
  filePath: string,
  variant: string,
): Promise<VariantOutcome> {
  const [source, ready] = await Promise.all([
    platform.originals.head(filePath),
    findVariant(platform.db, filePath, variant),
  ])
  if (ready && (!source || source.etag === ready.sourceEtag))
    return { ok: true, state: 'ready', variant: ready }
  if (!source) return refuse('file_not_found', `There is no file ${filePath} in storage.`)

  const newest = await findNewestJob(platform.db, filePath, variant)
  if (newest?.status === 'pending' || newest?.status === 'running')
    return { ok: true, state: 'queued', jobId: newest.id }
  if (newest?.status === 'error' && newest.sourceEtag === source.etag)
    return { ok: true, state: 'failed', job: newest }
  const request = { filePath, transformations: [variant], queue: 'default' }
  const created = await createJobs(platform, request, null)
  if (!created.ok)
    // The transformation is canonical and the default queue is always there.
    return created.code === 'queue_draining'
      ? refuse('queue_draining', created.message)
      : refuse('file_not_found', created.message)
  return { ok: true, state: 'queued', jobId: created.jobs[0]!.row.id }
}
