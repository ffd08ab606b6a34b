/**
 * Packages: variants of several files. An attempt stores each under a prefix that no other attempt
 * has, so what a runner that lost its lease stores can be seen by nobody.
 */
import { recordPackage, type Claim } from '../../db/leases.ts'
import { findFileType } from '../../contract/fileTypes.ts'
import { parseContentDigest } from '../../domain/digest.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { MAX_PACKAGE_FILE_BYTES } from '../../contract/runnerProtocol.ts'
import { findHeldJob, leaseLostError, type LeaseLostError } from './heldJob.ts'
import type { Platform } from '../ports.ts'

interface PackageFile {
  name: string
  body: ReadableStream<Uint8Array>
  sizeBytes: number
  /** As `Content-Digest` has it. */
  digest: string | undefined
}

type Outcome =
  | { ok: true; etag: string }
  | LeaseLostError
  | ErrorResult<'digest_mismatch' | 'too_large' | 'invalid_request'>

/** Stores one file whole, in place of one of that name before. A file that came damaged replaces none. */
export async function putPackageFile(
  platform: Platform,
  claim: Claim,
  { name, body, sizeBytes, digest }: PackageFile,
): Promise<Outcome> {
  const contentType = findFileType(name)?.contentType ?? null
  if (contentType === null) {
    return errorResult('invalid_request', `${name}: files of a package are not of this type`)
  }
  if (sizeBytes > MAX_PACKAGE_FILE_BYTES) {
    return errorResult('too_large', `A file may have ${MAX_PACKAGE_FILE_BYTES} bytes at most.`)
  }
  const held = await findHeldJob(platform, claim)
  if (!held.ok) {
    return held
  }
  const prefix = `${claim.jobId}/${claim.fence}/package/`
  // Noted before anything is stored, so that all that is stored can be found and removed.
  if (
    held.row.packageKey === null &&
    !(await recordPackage(platform.db, claim, prefix, Date.now()))
  ) {
    return leaseLostError()
  }
  const key = prefix + name
  const sha256 = parseContentDigest(digest)
  const stored = await platform.variants.put(
    key,
    { body, sizeBytes },
    { contentType, ...(sha256 && { sha256 }) },
  )
  if (!stored.ok) {
    if (stored.reason === 'wrong_size') {
      throw new Error(`${name} does not have ${sizeBytes} bytes`)
    }
    return errorResult(
      'digest_mismatch',
      `${name} did not come as it was sent (${digest}): send it again.`,
    )
  }
  // The attempt may have ended meanwhile, and its files been removed: this one would stay for ever.
  const still = await findHeldJob(platform, claim)
  if (still.ok) {
    return { ok: true, etag: stored.object.etag }
  }
  if (still.ended) {
    await platform.variants.delete([key])
  }
  return leaseLostError()
}
