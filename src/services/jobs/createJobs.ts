/** Creating jobs: one for each variant that has none at work. */
import type { CreateJobs } from '../../contract/job.ts'
import { PRIORITY } from '../../contract/limits.ts'
import type { PresetBody } from '../../contract/namedPreset.ts'
import type { Kind, Rendition } from '../../contract/rendition.ts'
import { findIdempotencyKey, findJobs, insertJobs } from '../../db/jobs.ts'
import { writeCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { TransformationError } from '../../domain/transformation/transformationError.ts'
import { type Caller, chargedKeyId, canSee, canSeePath, canSeeQueue } from '../../domain/caller.ts'
import { sha256Hex } from '../../domain/digest.ts'
import { requiredEncodersOf, sizeClassOf } from '../../domain/runnerRequirements.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { resolveRendition } from '../variants/namedPresets.ts'
import { countStartableJobs, nextCheckTime } from '../queues/queues.ts'
import { findReferences } from '../variants/referenceFiles.ts'
import type { JobRow } from '../../db/rows.ts'

/** Pictures and probes are quick, and people wait for them: they go first. */
const QUICK: readonly Kind[] = ['image', 'probe']
function priorityOf({ kind }: Rendition) {
  return QUICK.includes(kind) ? PRIORITY.image : PRIORITY.default
}

export interface CreatedJob {
  row: JobRow
  deduplicated: boolean
}
export type CreateOutcome =
  | { ok: true; jobs: CreatedJob[] }
  | ErrorResult<
      | 'invalid_transformation'
      | 'invalid_request'
      | 'file_not_found'
      | 'queue_not_found'
      | 'queue_draining'
      | 'idempotency_conflict'
      | 'forbidden'
      | 'variant_busy'
      | 'cap_reached'
    >

/** Who asks for jobs: its bounds, and how many of its own may wait. */
export type Creator = Pick<Caller, 'keyId' | 'queue' | 'pathPrefix' | 'maxQueuedJobs'>

/**
 * Queues the variants that `request` asks for, in its order, each once. With an idempotency key a
 * request that came before is answered with the jobs that it made; the same key with another
 * request is refused.
 */
export async function createJobs(
  platform: Platform,
  caller: Creator,
  request: CreateJobs,
  givenKey: string | null,
): Promise<CreateOutcome> {
  if (!canSeePath(caller, request.filePath)) {
    return errorResult('forbidden', `This key is bound to the folder ${caller.pathPrefix}`)
  }
  if (!canSeeQueue(caller, request.queue)) {
    return errorResult(
      'forbidden',
      `This key is bound to the queue "${caller.queue}": name that one.`,
    )
  }
  const keyId = chargedKeyId(caller)
  // Nobody meets the answers of another key, or can tell that there are any.
  const idempotencyKey = givenKey && keyId ? `${keyId}:${givenKey}` : givenKey
  const variants = await readVariants(platform, request)
  if ('ok' in variants) {
    return variants
  }
  const requestHash = idempotencyKey === null ? '' : await sha256Hex(JSON.stringify(request))
  const before =
    idempotencyKey &&
    (await answeredBefore(platform, caller, { idempotencyKey, requestHash, variants }))
  if (before) {
    return before
  }

  const source = await platform.originals.head(request.filePath)
  if (!source) {
    return errorResult(
      'file_not_found',
      `There is no file ${request.filePath} in storage. Put it there first: PUT /files/${request.filePath}`,
    )
  }
  const references = await findReferences(platform, caller, variants.values())
  if (!references.ok) {
    return references
  }
  const jobs = [...variants].map(([transformation, rendition]) => ({
    id: `job_${crypto.randomUUID().replaceAll('-', '')}`,
    transformation,
    priority: request.priority ?? priorityOf(rendition),
    requiredEncoders: requiredEncodersOf(rendition),
    sizeClass: sizeClassOf(rendition, source.sizeBytes),
    referenceFiles: references.of(rendition),
  }))
  let inserted
  try {
    inserted = await insertJobs(platform.db, {
      ...request,
      jobs,
      source: { etag: source.etag, sizeBytes: source.sizeBytes },
      idempotency: idempotencyKey === null ? null : { key: idempotencyKey, requestHash },
      apiKeyId: keyId,
      maxQueuedJobs: caller.maxQueuedJobs,
      now: Date.now(),
    })
  } catch (error) {
    // The same key may have come in twice at once; then the other request has made the jobs.
    const other =
      idempotencyKey &&
      (await answeredBefore(platform, caller, { idempotencyKey, requestHash, variants }))
    if (other) {
      return other
    }
    throw error
  }
  if (!inserted.queue) {
    return errorResult(
      'queue_not_found',
      `There is no queue "${request.queue}". The one that is always there is "default".`,
    )
  }
  const rows = new Map(inserted.rows.map((row) => [row.transformation, row]))
  const created: CreatedJob[] = []
  for (const job of jobs) {
    const row = rows.get(job.transformation)
    // Nothing was inserted, and what was at work already does not cover the request.
    if (!row) {
      return inserted.queue.draining
        ? errorResult(
            'queue_draining',
            `The queue "${request.queue}" is draining and takes no new jobs.`,
          )
        : errorResult(
            'cap_reached',
            `This key may have ${caller.maxQueuedJobs} jobs pending at once, and these would be more. Wait until some have begun.`,
          )
    }
    if (!canSee(caller, row)) {
      return variantBusy()
    }
    created.push({ row, deduplicated: row.id !== job.id })
  }
  const fresh = created.filter((job) => !job.deduplicated).length
  if (fresh > 0) {
    const slots = Math.min(fresh, countStartableJobs(inserted.queue))
    platform.defer(platform.sendTickets(request.queue, slots))
    platform.defer(platform.hubs.notify(request.queue, nextCheckTime(inserted.queue)))
  }
  return { ok: true, jobs: created }
}

/** Doubles are impossible across queues too, so this much has to be told. */
export function variantBusy() {
  return errorResult(
    'variant_busy',
    'This variant is being made in another queue. Ask again when it is ready.',
  )
}

async function readVariants(platform: Platform, { queue, transformations }: CreateJobs) {
  const variants = new Map<string, Rendition>()
  for (const [index, written] of transformations.entries()) {
    try {
      const rendition = await resolveRendition(platform, queue, written as PresetBody)
      variants.set(writeCanonicalForm(rendition), rendition)
    } catch (error) {
      if (!(error instanceof TransformationError)) {
        throw error
      }
      return errorResult('invalid_transformation', `transformations[${index}]: ${error.message}`)
    }
  }
  return variants
}

async function answeredBefore(
  { db }: Platform,
  caller: Creator,
  {
    idempotencyKey,
    requestHash,
    variants,
  }: { idempotencyKey: string; requestHash: string; variants: ReadonlyMap<string, Rendition> },
): Promise<CreateOutcome | null> {
  const before = await findIdempotencyKey(db, idempotencyKey)
  if (!before) {
    return null
  }
  if (before.requestHash !== requestHash) {
    return errorResult(
      'idempotency_conflict',
      'This Idempotency-Key was used for another request. Use a new key for a new request.',
    )
  }
  const rows = new Map((await findJobs(db, before.jobIds)).map((row) => [row.transformation, row]))
  // In the order asked for, and what a preset stood for then; what was deleted is not there any more.
  const names = new Set([...variants.keys(), ...rows.keys()])
  const inOrder = [...names].flatMap((variant) => rows.get(variant) ?? [])
  if (!inOrder.every((row) => canSee(caller, row))) {
    return variantBusy()
  }
  return { ok: true, jobs: inOrder.map((row) => ({ row, deduplicated: true })) }
}
