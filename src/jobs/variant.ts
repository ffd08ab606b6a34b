/** A variant on demand: there already, on its way, failed, or queued now. */
import { findNewestJob } from '../db/jobRows.ts'
import { findVariant } from '../db/outputRows.ts'
import { type Caller, sees, seesPath } from '../domain/access.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { createJobs, variantBusy } from './create.ts'
import type { Platform } from './platform.ts'
import type { JobRow, VariantRow } from '../db/rows.ts'

export type VariantOutcome =
  | { ok: true; state: 'ready'; variant: VariantRow }
  | { ok: true; state: 'queued'; jobId: string }
  | { ok: true; state: 'failed'; job: JobRow }
  | Refusal<
      | 'file_not_found'
      | 'queue_draining'
      | 'variant_busy'
      | 'cap_reached'
      | 'unauthorized'
      | 'forbidden'
      | 'rate_limited'
    >

type MayQueue = () => Promise<{ ok: true } | Refusal<'unauthorized' | 'forbidden' | 'rate_limited'>>

const noFile = (filePath: string) =>
  refuse('file_not_found', `There is no file ${filePath} in storage.`)

/**
 * Finds a variant, and queues its job when there is none at work and `mayQueue` allows it. One that
 * failed is not queued again for a visitor. A variant is ready only if it was made from the original
 * as it is now, so a replaced file, however it was replaced, never answers with what it was before.
 */
export async function requestVariant(
  platform: Platform,
  caller: Caller,
  { filePath, variant }: { filePath: string; variant: string },
  mayQueue: MayQueue,
): Promise<VariantOutcome> {
  if (!seesPath(caller, filePath)) return noFile(filePath)
  const { db } = platform
  const bound = caller.queue !== null
  const [source, made, inQueue] = await Promise.all([
    platform.originals.head(filePath),
    findVariant(db, filePath, variant),
    bound ? findNewestJob(db, filePath, variant, caller) : undefined,
  ])
  // What another queue has made is not there for a key that is bound to one.
  const ready = !bound || inQueue ? made : undefined
  if (ready && (!source || source.etag === ready.sourceEtag))
    return { ok: true, state: 'ready', variant: ready }
  if (!source) return noFile(filePath)

  const newest = await findNewestJob(db, filePath, variant)
  const own = bound ? inQueue : newest
  if (newest?.status === 'pending' || newest?.status === 'running')
    return sees(caller, newest) ? { ok: true, state: 'queued', jobId: newest.id } : variantBusy()
  if (own?.status === 'error' && own.sourceEtag === source.etag)
    return { ok: true, state: 'failed', job: own }
  const may = await mayQueue()
  if (!may.ok) return may
  const request = { filePath, transformations: [variant], queue: caller.queue ?? 'default' }
  const created = await createJobs(platform, caller, request, null)
  if (created.ok) return { ok: true, state: 'queued', jobId: created.jobs[0]!.row.id }
  const { code, message } = created
  // The transformation is canonical, and there is a queue that a key can be bound to.
  return code === 'queue_draining' || code === 'variant_busy' || code === 'cap_reached'
    ? refuse(code, message)
    : refuse('file_not_found', message)
}

/** Whether the caller can see the original. Files are in no queue, but the jobs of a file are. */
export async function seesOriginal({ db }: Platform, caller: Caller, filePath: string) {
  if (!seesPath(caller, filePath)) return false
  return caller.queue === null || (await findNewestJob(db, filePath, null, caller)) !== undefined
}
