/**
 * Packages: variants of several files. An attempt stores each under a prefix that no other attempt
 * has, so what a runner that lost its lease stores can be seen by nobody.
 */
import { notePackage, type Claim } from '../db/leases.ts'
import { contentTypeOf } from '../domain/contentType.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { MOST_PACKAGE_FILE_BYTES } from '../contract/runner.ts'
import { storeDigested } from '../storage/digested.ts'
import { heldJob, leaseLost, type Lost } from './lease.ts'
import type { Platform } from './platform.ts'

interface PackageFile {
  name: string
  body: ReadableStream<Uint8Array>
  sizeBytes: number
  /** As `Content-Digest` has it. */
  digest: string | undefined
}

type Outcome =
  { ok: true; etag: string } | Lost | Refusal<'digest_mismatch' | 'too_large' | 'invalid_request'>

/** Stores one file whole, in place of one of that name before. A file that came damaged replaces none. */
export async function putPackageFile(
  platform: Platform,
  claim: Claim,
  { name, body, sizeBytes, digest }: PackageFile,
): Promise<Outcome> {
  const contentType = contentTypeOf(name)
  if (contentType === null) {
    return refuse('invalid_request', `${name}: files of a package are not of this type`)
  }
  if (sizeBytes > MOST_PACKAGE_FILE_BYTES) {
    return refuse('too_large', `A file may have ${MOST_PACKAGE_FILE_BYTES} bytes at most.`)
  }
  const held = await heldJob(platform, claim)
  if (!held.ok) {
    return held
  }
  const prefix = `${claim.jobId}/${claim.fence}/package/`
  // Noted before anything is stored, so that all that is stored can be found and removed.
  if (
    held.row.packageKey === null &&
    !(await notePackage(platform.db, claim, prefix, Date.now()))
  ) {
    return leaseLost()
  }
  const key = prefix + name
  const stored = await storeDigested(platform.variants, key, {
    body,
    sizeBytes,
    digest,
    contentType,
  })
  if (!stored) {
    return refuse(
      'digest_mismatch',
      `${name} did not come as it was sent (${digest}): send it again.`,
    )
  }
  // The attempt may have ended meanwhile, and its files been removed: this one would stay for ever.
  const still = await heldJob(platform, claim)
  if (still.ok) {
    return { ok: true, etag: stored.etag }
  }
  if (still.ended) {
    await platform.variants.delete(key)
  }
  return leaseLost()
}
