/**
 * Files of packages. An attempt stores them under a prefix that no other attempt uses, so the files
 * of a runner that lost its lease are not served.
 */
import { recordPackage, type Claim } from '../../db/leases.ts'
import { findFileType } from '../../contract/fileTypes.ts'
import { parseContentDigest } from '../../domain/digest.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { MAX_PACKAGE_FILE_BYTES } from '../../contract/runnerProtocol.ts'
import { findHeldJob, leaseLostError, type LeaseLostError } from './claimChecks.ts'
import { findRecentlyHeldJob, forgetHeldJobs } from './heldJobs.ts'
import type { Platform } from '../ports.ts'

interface PackageFile {
  name: string
  body: ReadableStream<Uint8Array>
  sizeBytes: number
  /** The value of `Content-Digest`. */
  digest: string | undefined
}

type Outcome =
  | { ok: true; etag: string }
  | LeaseLostError
  | ErrorResult<'digest_mismatch' | 'too_large' | 'invalid_request'>

/**
 * Stores one file, replacing an earlier one of the same name. The earlier one stays if the digest
 * or the size of the new file is wrong.
 */
export async function putPackageFile(
  platform: Platform,
  claim: Claim,
  { name, body, sizeBytes, digest }: PackageFile,
): Promise<Outcome> {
  const contentType = findFileType(name)?.contentType ?? null
  if (contentType === null) {
    return errorResult(
      'invalid_request',
      `${name}: The extension is not that of a known file type.`,
    )
  }
  if (sizeBytes > MAX_PACKAGE_FILE_BYTES) {
    return errorResult(
      'too_large',
      `A file of a package may have at most ${MAX_PACKAGE_FILE_BYTES} bytes (got ${sizeBytes}).`,
    )
  }
  const held = await findRecentlyHeldJob(platform, claim)
  if (!held) {
    return leaseLostError()
  }
  const prefix = `${claim.jobId}/${claim.fence}/package/`
  // The prefix is recorded before the first file is stored, so that the garbage collector finds it.
  if (held.packageKey === null) {
    if (!(await recordPackage(platform.db, claim, prefix, Date.now()))) {
      return leaseLostError()
    }
    forgetHeldJobs()
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
      `The digest of ${name} differs from Content-Digest (${digest}). Send the file again.`,
    )
  }
  // If the attempt has ended meanwhile, the garbage collector may have deleted the package before
  // this file was stored.
  const heldAfter = await findHeldJob(platform, claim)
  if (heldAfter.ok) {
    return { ok: true, etag: stored.object.etag }
  }
  if (heldAfter.isOutputUnused) {
    await platform.variants.delete([key])
  }
  return leaseLostError()
}
