/** The upload of an attempt's output, in parts, under a key that no other attempt has. */
import type { OutputRequest, UploadedPart } from '../contract/runner.ts'
import type { Claim } from '../db/leases.ts'
import { findOutput, noteOutput } from '../db/outputRows.ts'
import { typeOfFormat } from '../domain/contentType.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { renditionOf } from '../domain/rendition.ts'
import { storePart } from '../storage/part.ts'
import { report } from './claim.ts'
import { heldJob, leaseLost, type Lost } from './lease.ts'
import type { Platform } from './platform.ts'

/**
 * R2 takes parts of 5 MiB to 5 GiB, 10,000 of them. Small ones lose little when a connection breaks,
 * and connections have been seen to stall after 10 to 15 MB.
 */
export const PART_SIZE_BYTES = 8 * 1024 * 1024

/**
 * Begins the upload. Asked twice, it begins two; the one that the attempt does not finish with is
 * retired when the attempt ends.
 */
export async function beginOutput(
  platform: Platform,
  claim: Claim,
  request: OutputRequest,
): Promise<{ ok: true; uploadId: string } | Lost> {
  const held = await report(platform, claim, request)
  if (!held.ok) {
    return held
  }
  const key = `${claim.jobId}/${claim.fence}/${crypto.randomUUID()}`
  const upload = await platform.variants.createMultipartUpload(key, {
    httpMetadata: { contentType: typeOfFormat(renditionOf(held.row.variant).format) },
  })
  const { uploadId } = upload
  if (await noteOutput(platform.db, claim, { key, uploadId }, Date.now())) {
    return { ok: true, uploadId }
  }
  await upload.abort()
  return leaseLost()
}

/** Stores one part. A part sent again replaces the one before. */
export async function putPart(
  platform: Platform,
  claim: Claim,
  { uploadId, partNumber, sizeBytes }: { uploadId: string; partNumber: number; sizeBytes: number },
  { body, digest }: { body: ReadableStream<Uint8Array>; digest?: string | undefined },
): Promise<{ ok: true; part: UploadedPart } | Lost | Refusal<'digest_mismatch'>> {
  const held = await heldJob(platform, claim)
  if (!held.ok) {
    return held
  }
  const output = await findOutput(platform.db, claim, uploadId)
  if (!output) {
    return leaseLost()
  }
  const upload = platform.variants.resumeMultipartUpload(output.key, uploadId)
  const stored = await storePart(upload, partNumber, body, sizeBytes)
  if (digest === undefined || digest === stored.digest) {
    return { ok: true, part: stored.part }
  }
  return refuse(
    'digest_mismatch',
    `Part ${partNumber} came as ${stored.digest}, and was sent as ${digest}: send it again.`,
  )
}
