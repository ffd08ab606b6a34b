/** Claiming a job, and reporting on it while the lease holds. */
import type { Rendition } from '../../contract/rendition.ts'
import type { Assignment, ClaimRequest, Report } from '../../contract/runnerProtocol.ts'
import {
  type Claim,
  claimNextJob,
  type RunnerIdentity,
  updateJobFiles,
  reportProgress,
  reissueClaim,
} from '../../db/leases.ts'
import {
  type RunnerCapabilities,
  capabilitiesOf,
  sizeClassOf,
} from '../../domain/runnerRequirements.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { failAttempt } from './finishAttempt.ts'
import { leaseLostError, type LeaseLostError } from './heldJob.ts'
import type { StoredObject } from '../../storage/objectStore.ts'
import type { Platform } from '../ports.ts'
import { readReferences } from '../variants/referenceFiles.ts'
import type { JobRow, ReferenceFile } from '../../db/rows.ts'

/** Jobs without a file that one claim ends, as an invocation may make so many calls only. */
const MAX_GONE = 20

/** The next job of the first of `queues` that has one, or null. */
export async function claimJob(
  platform: Platform,
  request: ClaimRequest,
  runnerSecretHash: string | null,
): Promise<Assignment | null> {
  let gone = 0
  const fit = capabilitiesOf(request.runner)
  const holder = { id: request.runner.id, secretHash: runnerSecretHash }
  for (const queue of request.queues) {
    for (;;) {
      const row = await nextRow(platform, queue, { ...request, holder, fit })
      if (!row) {
        break
      }
      platform.defer(platform.hubs.notify(queue, row.leaseExpiresAt))
      const files = await filesOf(platform, row)
      if (typeof files !== 'string') {
        return assignmentOf(platform, row, files)
      }
      await failAttempt(platform, row, { errorCode: 'input_invalid', message: files })
      if (++gone < MAX_GONE) {
        continue
      }
      // There may be more behind these: the runner is woken to ask again.
      platform.defer(platform.sendTickets(queue, 1))
      return null
    }
  }
  return null
}

async function nextRow(
  { db }: Platform,
  queue: string,
  {
    holder,
    again,
    fit,
  }: Pick<ClaimRequest, 'again'> & { holder: RunnerIdentity; fit: RunnerCapabilities },
) {
  const given = again ? await reissueClaim(db, queue, holder, Date.now()) : undefined
  return given ?? claimNextJob(db, queue, holder, Date.now(), fit)
}

interface Files {
  rendition: Rendition
  source: StoredObject
  references: ReferenceFile[]
}

/** All that the job is made of, or what of it is gone. */
async function filesOf(platform: Platform, row: JobRow): Promise<Files | string> {
  const rendition = readCanonicalForm(row.transformation)
  const [source, references] = await Promise.all([
    platform.originals.head(row.filePath),
    readReferences(platform, rendition),
  ])
  if (!source) {
    return `The file ${row.filePath} is no longer in storage.`
  }
  if (typeof references === 'string') {
    return `The file ${references}, which the transformation names, is no longer in storage.`
  }
  return { rendition, source, references }
}

async function assignmentOf(
  { db }: Platform,
  row: JobRow,
  { rendition, source, references }: Files,
): Promise<Assignment> {
  const others = JSON.stringify(references)
  if (source.etag !== row.sourceEtag || others !== JSON.stringify(row.referenceFiles)) {
    await updateJobFiles(
      db,
      { jobId: row.id, fence: row.fence },
      {
        sourceEtag: source.etag,
        sourceBytes: source.sizeBytes,
        sizeClass: sizeClassOf(rendition, source.sizeBytes),
        referenceFiles: references,
      },
    )
  }
  return {
    jobId: row.id,
    queue: row.queue,
    fence: row.fence,
    attempt: row.attempt,
    filePath: row.filePath,
    rendition,
    source: { sizeBytes: source.sizeBytes, etag: source.etag },
    references: references.map(({ sizeBytes, etag }) => ({ sizeBytes, etag })),
    leaseSeconds: row.leaseSeconds,
    stallSeconds: row.stallSeconds,
    timeoutSeconds: row.timeoutSeconds,
  }
}

/** Takes in progress and extends the lease; gives back the job as it now is. */
export async function recordReport(
  platform: Platform,
  claim: Claim,
  progress: Omit<Report, 'fence'>,
): Promise<{ ok: true; row: JobRow } | LeaseLostError> {
  const now = Date.now()
  const row = await reportProgress(platform.db, claim, progress, now)
  if (!row) {
    return leaseLostError()
  }
  const { id: jobId, queue, filePath, stage, etaSeconds, fps, speed } = row
  const said = { jobId, progress: row.progress, stage: stage!, etaSeconds, fps, speed }
  platform.defer(platform.hubs.progress(queue, filePath, said))
  // Said for the first time: that is an event.
  if (row.playableAt === now) {
    platform.defer(platform.hubs.notify(queue, null))
  }
  return { ok: true, row }
}
