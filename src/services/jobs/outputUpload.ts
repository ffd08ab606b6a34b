/** Multipart upload of an attempt's output, under a key that no other attempt uses. */
import type { OutputRequest } from '../../contract/runnerProtocol.ts'
import type { UploadedPart } from '../../contract/uploadParts.ts'
import type { Claim } from '../../db/leases.ts'
import { recordOutput } from '../../db/outputs.ts'
import { formatContentType, OCTET_STREAM } from '../../contract/fileTypes.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { readCanonicalForm } from '../../domain/transformation/canonicalForm.ts'
import { uploadPartWithDigest } from '../../storage/uploadPart.ts'
import { recordReport } from './recordReport.ts'
import { findHeldJob, leaseLostError, type LeaseLostError } from './claimChecks.ts'
import { findOutputKey, rememberUpload } from './heldJobs.ts'
import type { Platform } from '../ports.ts'

/**
 * R2 accepts up to 10,000 parts of 5 MiB to 5 GiB. The parts are small, because a part is sent
 * again as a whole after a broken connection.
 */
export const PART_SIZE_BYTES = 8 * 1024 * 1024

/**
 * Begins the upload. A repeated request begins another upload. When the attempt ends, its outputs
 * that did not become the variant are retired.
 */
export async function beginOutput(
  platform: Platform,
  claim: Claim,
  request: OutputRequest,
): Promise<{ ok: true; uploadId: string } | LeaseLostError> {
  const reported = await recordReport(platform, claim, request)
  const readAt = Date.now()
  const held = reported.ok ? await findHeldJob(platform, claim) : reported
  if (!held.ok) {
    return held
  }
  const key = `${claim.jobId}/${claim.fence}/${crypto.randomUUID()}`
  const { chunk, transformation } = held.row
  const isTrackChunk = chunk !== null && chunk.kind !== 'join'
  const upload = await platform.variants.createMultipartUpload(key, {
    contentType: isTrackChunk
      ? OCTET_STREAM
      : formatContentType(readCanonicalForm(chunk?.transformation ?? transformation).format),
  })
  const { uploadId } = upload
  if (await recordOutput(platform.db, claim, { key, uploadId }, Date.now())) {
    rememberUpload(held.row, readAt, { key, uploadId })
    return { ok: true, uploadId }
  }
  await platform.variants.abortMultipartUpload(upload)
  return leaseLostError()
}

/**
 * Stores one part. A part that is sent again replaces the earlier one.
 *
 * @param content.digest without it, the bytes pass from the request to the storage, and no JavaScript runs for them
 */
export async function putPart(
  platform: Platform,
  claim: Claim,
  { uploadId, partNumber, sizeBytes }: { uploadId: string; partNumber: number; sizeBytes: number },
  { body, digest }: { body: ReadableStream<Uint8Array>; digest?: string | undefined },
): Promise<{ ok: true; part: UploadedPart } | LeaseLostError | ErrorResult<'digest_mismatch'>> {
  const key = await findOutputKey(platform, claim, uploadId)
  if (key === undefined) {
    return leaseLostError()
  }
  const upload = { key, uploadId }
  const content = { body, sizeBytes }
  const stored =
    digest === undefined
      ? await platform.variants.uploadPart(upload, partNumber, content)
      : await uploadPartWithDigest(platform.variants, upload, partNumber, content)
  if (!stored.ok) {
    if (stored.reason === 'gone') {
      return leaseLostError()
    }
    throw new Error(`part ${partNumber} does not have ${sizeBytes} bytes`)
  }
  if (!('digest' in stored) || digest === stored.digest) {
    return { ok: true, part: stored.part }
  }
  return errorResult(
    'digest_mismatch',
    `The digest of part ${partNumber} is ${stored.digest}, but Content-Digest says ${digest}. Send the part again.`,
  )
}
