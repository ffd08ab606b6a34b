/**
 * Files that a runner may read: the original and the reference files of the job that it holds, and the
 * completed chunks of a split job of which it holds a chunk, and tracks that this chunk may copy.
 */
import type { Claim } from '../../db/leases.ts'
import type { ReferenceFile } from '../../db/rows.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import type { Platform } from '../ports.ts'
import { leaseLostError, type LeaseLostError } from './claimChecks.ts'
import { findRecentlyHeldJob } from './heldJobs.ts'

/**
 * Finds the original of a held job, or its reference file at index `reference`, with the ETag and
 * the size that are recorded in the job.
 */
export async function findJobSource(
  platform: Platform,
  claim: Claim,
  reference: number | undefined,
): Promise<{ ok: true; file: ReferenceFile } | LeaseLostError | ErrorResult<'invalid_request'>> {
  const held = await findRecentlyHeldJob(platform, claim)
  if (!held) {
    return leaseLostError()
  }
  const { filePath, sourceEtag, sourceBytes, referenceFiles } = held
  if (reference === undefined) {
    return { ok: true, file: { path: filePath, etag: sourceEtag, sizeBytes: sourceBytes } }
  }
  const file = referenceFiles[reference]
  if (!file) {
    return errorResult(
      'invalid_request',
      `reference must be less than the number of reference files, ${referenceFiles.length} (got ${reference}).`,
    )
  }
  return { ok: true, file }
}

/** Finds a file of another variant's package, of a track that the chunk of the claim may copy. */
export async function findReusedSource(
  platform: Platform,
  claim: Claim,
  name: string,
): Promise<{ ok: true; file: ReferenceFile } | LeaseLostError | ErrorResult<'invalid_request'>> {
  const held = await findRecentlyHeldJob(platform, claim)
  if (!held) {
    return leaseLostError()
  }
  const [track = ''] = name.split(/[_.]/)
  const prefix = held.chunk?.reusableTracks?.[track]
  const object = prefix === undefined ? null : await platform.variants.head(prefix + name)
  return object
    ? { ok: true, file: { path: object.key, etag: object.etag, sizeBytes: object.sizeBytes } }
    : errorResult('invalid_request', `There is no ${name} that this chunk may copy.`)
}

/** Finds the file of a completed chunk. The claim is that of another chunk of its job, usually `join`. */
export async function findChunkSource(
  platform: Platform,
  claim: Claim,
  index: number,
): Promise<{ ok: true; file: ReferenceFile } | LeaseLostError | ErrorResult<'invalid_request'>> {
  const held = await findRecentlyHeldJob(platform, claim)
  if (!held) {
    return leaseLostError()
  }
  const file = await held.findChunkFile?.(platform, index)
  return file
    ? { ok: true, file }
    : errorResult('invalid_request', `The job has no completed chunk with the index ${index}.`)
}
