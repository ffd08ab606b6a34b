/** Assignments: what a runner is sent about a job that it has claimed. */
import type { Rendition } from '../../contract/rendition.ts'
import type { Assignment, ChunkAssignment } from '../../contract/runnerProtocol.ts'
import type { StoredProbe } from '../../contract/storedProbe.ts'
import type { Database } from '../../db/database.ts'
import { findFileProbe } from '../../db/fileProbes.ts'
import { updateJobFiles } from '../../db/leases.ts'
import type { JobRow, ReferenceFile } from '../../db/rows.ts'
import { findJobSizeClass } from '../../domain/runnerRequirements.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import type { StoredObject } from '../../storage/objectStore.ts'
import { listCompletedChunks } from '../chunks/completedChunks.ts'
import type { Platform } from '../ports.ts'
import { readReferenceFiles } from '../variants/referenceFiles.ts'

/** Finds the stored probe of the original. It is not used after a failed attempt. */
export async function findProbe({ db }: Platform, row: JobRow, version?: string) {
  // The runners of chunks must all plan from the same probe.
  const isUsed = row.attempt === 1 || row.chunk !== null
  const { filePath } = row.chunk ?? row
  return version === undefined || !isUsed ? undefined : findFileProbe(db, filePath, version)
}

export function omitEtag({ version, results }: StoredProbe): StoredProbe {
  return { version, results }
}

interface Inputs {
  rendition: Rendition
  source: StoredObject
  references: ReferenceFile[]
}

/** Returns the files that a job reads, or an error message if one of them was deleted. */
export async function readInputs(platform: Platform, row: JobRow): Promise<Inputs | string> {
  const { filePath, transformation } = row.chunk ?? row
  const rendition = readCanonicalForm(transformation)
  const [source, references] = await Promise.all([
    platform.originals.head(filePath),
    readReferenceFiles(platform, rendition),
  ])
  if (!source) {
    return `The file ${filePath} is no longer in storage.`
  }
  if (!references.ok) {
    const { missing } = references
    return `The file ${missing}, which the transformation names, is no longer in storage.`
  }
  return { rendition, source, references: references.files }
}

/** Returns true if a file that the job reads was replaced since the job recorded it. */
export function areChanged(
  row: JobRow,
  { source, references }: Omit<Inputs, 'rendition'>,
): boolean {
  return (
    source.etag !== row.sourceEtag ||
    JSON.stringify(references) !== JSON.stringify(row.referenceFiles)
  )
}

export async function buildAssignment(
  { db }: Platform,
  row: JobRow,
  { rendition, source, references }: Inputs,
): Promise<Assignment> {
  if (areChanged(row, { source, references })) {
    const claim = { jobId: row.id, fence: row.fence }
    await updateJobFiles(db, claim, {
      sourceEtag: source.etag,
      sourceBytes: source.sizeBytes,
      sizeClass: findJobSizeClass(rendition, source.sizeBytes),
      referenceFiles: references,
    })
  }
  return {
    jobId: row.id,
    queue: row.queue,
    fence: row.fence,
    attempt: row.attempt,
    filePath: (row.chunk ?? row).filePath,
    rendition,
    source: { sizeBytes: source.sizeBytes, etag: source.etag },
    references: references.map(({ sizeBytes, etag }) => ({ sizeBytes, etag })),
    leaseSeconds: row.leaseSeconds,
    stallSeconds: row.stallSeconds,
    timeoutSeconds: row.timeoutSeconds,
    chunkSeconds: row.chunkSeconds,
    unsplitReason: row.unsplitReason,
    ...(row.chunk && { chunk: await assignChunk(db, row) }),
  }
}

async function assignChunk(db: Database, row: JobRow): Promise<ChunkAssignment> {
  const jobId = row.parentId!
  const { kind, startSeconds, endSeconds, frames, index, planKey, packageKey, reusableTracks } =
    row.chunk!
  const needsOthers = kind === 'join' || packageKey != null
  return {
    jobId,
    kind,
    startSeconds,
    endSeconds,
    frames,
    index,
    planKey,
    reusableTracks: Object.keys(reusableTracks ?? {}),
    completedChunks: needsOthers ? await listCompletedChunks(db, jobId) : [],
  }
}
