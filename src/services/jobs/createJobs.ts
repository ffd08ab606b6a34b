/** Creates jobs: one for each requested variant that has no active job (pending or running). */
import type { CreateJobs } from '../../contract/job.ts'
import { shorten } from '../../contract/quote.ts'
import type { PresetBody } from '../../contract/namedPreset.ts'
import type { Rendition } from '../../contract/rendition.ts'
import { insertJobs } from '../../db/insertJobs.ts'
import type { NewImport } from '../../db/imports.ts'
import type { ImportRow, JobRow, QueueRow } from '../../db/rows.ts'
import { canSeePath, canSeeQueue, chargedKeyId } from '../../domain/caller.ts'
import { sha256Hex } from '../../domain/digest.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { writeCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { TransformationError } from '../../domain/transformation/transformationError.ts'
import { folderError } from '../apiKeys/accessErrors.ts'
import type { Platform } from '../ports.ts'
import { offerJobs } from '../queues/offerJobs.ts'
import { countStartableJobs, nextCheckTime } from '../queues/queues.ts'
import { type FoundPresets, resolveRendition } from '../variants/namedPresets.ts'
import { buildImport } from '../imports/importSource.ts'
import { findJobReceiver } from '../webhooks/jobReceiver.ts'
import { collectJobs, type CreatedJob, type CreateOutcome } from './collectJobs.ts'
import type { CreateJobsError } from './createJobErrors.ts'
import { findJobsOfRepeatedRequest, type IdempotentRequest } from './idempotency.ts'
import { buildJobs, type Creator, type Renditions } from './newJobs.ts'

type ImportOutcome = CreateOutcome | ErrorResult<'import_busy' | 'invalid_path' | 'not_configured'>

/**
 * Creates the jobs of a request, in the order of its transformations. A request with the same
 * idempotency key and content as an earlier request returns the jobs of the earlier one, or an
 * error if some of them are deleted.
 *
 * @param givenKey the header `Idempotency-Key`, or null
 */
export function createJobs(
  platform: Platform,
  caller: Creator,
  request: CreateJobs & { source?: undefined },
  givenKey: string | null,
): Promise<CreateOutcome>
export function createJobs(
  platform: Platform,
  caller: Creator,
  request: CreateJobs,
  givenKey: string | null,
): Promise<ImportOutcome>
export async function createJobs(
  platform: Platform,
  caller: Creator,
  request: CreateJobs,
  givenKey: string | null,
): Promise<ImportOutcome> {
  const denied = checkAccess(caller, request)
  if (denied) {
    return denied
  }
  const renditions = await readRenditions(platform, caller, request)
  const idempotent = await readIdempotency(caller, request, givenKey)
  // An error of the renditions is returned later: a named preset can have been deleted since the
  // first request, and the jobs of that request are still returned.
  const transformations = 'ok' in renditions ? [] : [...renditions.keys()]
  const findRepeated = async (): Promise<CreateOutcome | null> => {
    const repeated =
      idempotent && (await findJobsOfRepeatedRequest(platform, caller, idempotent, transformations))
    return repeated?.ok
      ? { ok: true, jobs: repeated.rows.map((row) => ({ row, deduplicated: true })) }
      : repeated
  }
  const repeated = await findRepeated()
  if (repeated) {
    return repeated
  }
  if ('ok' in renditions) {
    return renditions
  }
  const built = await buildJobs(platform, caller, request, renditions)
  if (!built.ok) {
    return built
  }
  const { jobs, source } = built
  const imported = request.source && (await buildImport(platform, caller, request.source))
  if (imported?.ok === false) {
    return imported
  }
  const named =
    request.webhookUrl === undefined
      ? null
      : await findJobReceiver(platform, caller, request.webhookUrl)
  if (named?.ok === false) {
    return named
  }
  let inserted
  try {
    inserted = await insertJobs(platform.db, {
      ...request,
      jobs,
      source,
      idempotency: idempotent,
      apiKeyId: chargedKeyId(caller),
      maxQueuedJobs: caller.maxQueuedJobs,
      maxVisitorJobs: caller.maxVisitorJobs ?? null,
      restriction: caller,
      ...(named && { receiver: named.receiver }),
      ...(imported && { newImport: imported.newImport }),
      now: Date.now(),
    })
  } catch (error) {
    // A concurrent request with the same key may have created the jobs.
    const concurrent = await findRepeated()
    if (concurrent) {
      return concurrent
    }
    throw error
  }
  const { latestImport } = inserted
  if (imported && latestImport?.endedAt === null && isOther(latestImport, imported.newImport)) {
    return errorResult(
      'import_busy',
      `Another file is being imported to ${shorten(request.filePath)}. Wait for it, cancel the jobs that wait for it, or name another path.`,
    )
  }
  const outcome = collectJobs(caller, request, jobs, inserted)
  if (outcome.ok && imported && !isImported(latestImport, imported.newImport, inserted.rows)) {
    return errorResult(
      'import_busy',
      `Nothing was fetched: these variants are being made of another file at ${shorten(request.filePath)}. Wait until their jobs have ended, cancel them, or name another path.`,
    )
  }
  if (outcome.ok && inserted.queue) {
    startJobs(platform, inserted.queue, outcome.jobs)
    if (latestImport?.endedAt === null) {
      platform.defer(platform.wakeImports([{ filePath: request.filePath, delaySeconds: 0 }]))
    }
    if (named) {
      platform.defer(platform.hubs.useWebhooks())
    }
  }
  return outcome
}

function isOther(latest: ImportRow, { urlHash }: NewImport): boolean {
  return latest.urlHash !== urlHash
}

/** The condition of the same name in SQL, which is in `db/imports.ts`. */
function isImported(latest: ImportRow | undefined, newImport: NewImport, rows: JobRow[]): boolean {
  return (
    latest !== undefined &&
    !isOther(latest, newImport) &&
    (latest.endedAt === null || rows.some(({ sourceEtag }) => sourceEtag === latest.storedEtag))
  )
}

function checkAccess(caller: Creator, { filePath, queue }: CreateJobs) {
  if (!canSeePath(caller, filePath)) {
    return folderError(caller)
  }
  if (!canSeeQueue(caller, queue)) {
    return errorResult(
      'forbidden',
      `This key is restricted to the queue "${caller.queue}". Name that queue in the request.`,
    )
  }
  return null
}

async function readRenditions(
  platform: Platform,
  caller: Creator,
  { queue, transformations }: CreateJobs,
): Promise<Renditions | CreateJobsError> {
  const renditions = new Map<string, Rendition>()
  const presets: FoundPresets = new Map()
  for (const [index, transformation] of transformations.entries()) {
    try {
      const rendition = await resolveRendition(
        platform,
        caller,
        queue,
        transformation as PresetBody,
        presets,
      )
      renditions.set(writeCanonicalForm(rendition), rendition)
    } catch (error) {
      if (!(error instanceof TransformationError)) {
        throw error
      }
      return errorResult('invalid_transformation', `transformations[${index}]: ${error.message}`)
    }
  }
  return renditions
}

async function readIdempotency(
  caller: Creator,
  request: CreateJobs,
  givenKey: string | null,
): Promise<IdempotentRequest | null> {
  if (givenKey === null) {
    return null
  }
  // Each API key has its own idempotency keys, so that it cannot learn about jobs of other keys.
  const apiKeyId = chargedKeyId(caller)
  return {
    key: apiKeyId === null ? givenKey : `${apiKeyId}:${givenKey}`,
    requestHash: await sha256Hex(JSON.stringify(request)),
  }
}

function startJobs(platform: Platform, queue: QueueRow, jobs: CreatedJob[]): void {
  const newJobs = jobs.filter((job) => !job.deduplicated).map(({ row }) => row)
  if (newJobs.some(({ stage }) => stage === 'import')) {
    platform.defer(platform.hubs.notify(queue.name, null))
    return
  }
  if (newJobs.length > 0) {
    const startable = Math.min(newJobs.length, countStartableJobs(queue))
    platform.defer(offerJobs(platform, queue.name, newJobs, startable))
    platform.defer(platform.hubs.notify(queue.name, nextCheckTime(queue)))
  }
}
