/**
 * Files of packages. An attempt stores them under a prefix that no other attempt uses, so the files
 * of a runner that lost its lease are not served.
 */
import { markSplitPlayable } from '../../db/chunks.ts'
import type { Claim } from '../../db/leases.ts'
import { recordPackage } from '../../db/outputs.ts'
import type { JobRow } from '../../db/rows.ts'
import { findFileType } from '../../contract/fileTypes.ts'
import { parseContentDigest } from '../../domain/digest.ts'
import { findPackageEntry } from '../../domain/packageEntry.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { MAX_PACKAGE_FILE_BYTES, type PackageFiles } from '../../contract/runnerProtocol.ts'
import { findHeldJob, leaseLostError, type LeaseLostError } from './claimChecks.ts'
import { findRecentlyHeldJob, forgetHeldJobs } from './heldJobs.ts'
import type { StoredObject } from '../../storage/objectStore.ts'
import type { Platform } from '../ports.ts'

/** R2 lists at most this many objects at once. */
const MAX_LISTED_FILES = 1_000

interface PackageFile {
  name: string
  body: ReadableStream<Uint8Array>
  sizeBytes: number
  /** The value of `Content-Digest`. */
  digest: string | undefined
  /** See `packageFileVersion`; only of a file that chunks store. */
  version?: number | undefined
}
interface TypedFile extends PackageFile {
  contentType: string
}

type Outcome =
  | { ok: true; etag: string }
  | LeaseLostError
  | ErrorResult<'digest_mismatch' | 'too_large' | 'invalid_request' | 'not_ready'>

/**
 * Stores one file, replacing an earlier one of the same name. The earlier one stays if the digest
 * or the size of the new file is wrong.
 */
export async function putPackageFile(
  platform: Platform,
  claim: Claim,
  { name, body, sizeBytes, digest, version }: PackageFile,
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
  const file = { name, body, sizeBytes, digest, contentType }
  return held.parentId === null
    ? putFileOfAttempt(platform, claim, held.packageKey, file)
    : putFileOfChunk(platform, claim, held.packageKey, { ...file, version })
}

async function putFileOfAttempt(
  platform: Platform,
  claim: Claim,
  recordedKey: string | null,
  { name, body, sizeBytes, digest, contentType }: TypedFile,
): Promise<Outcome> {
  const prefix = `${claim.jobId}/${claim.fence}/package/`
  // The prefix is recorded before the first file is stored, so that the garbage collector finds it.
  if (recordedKey === null) {
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
    return toPutError(stored.reason, { name, sizeBytes, digest })
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

/**
 * Stores a file in the package that all chunks of a job share. Two runners can have made the same
 * chunk, and several can store the same playlist. So an object is replaced only if it has not changed
 * since the claim was checked, and a file with a version only by a higher version.
 *
 * A file that is stored after the package was deleted is deleted with its second listing.
 */
async function putFileOfChunk(
  platform: Platform,
  claim: Claim,
  prefix: string | null,
  { name, body, sizeBytes, digest, contentType, version }: TypedFile,
): Promise<Outcome> {
  if (prefix === null) {
    return errorResult('invalid_request', 'A chunk of this variant is one file, not a package.')
  }
  const key = prefix + name
  const found = await platform.variants.head(key)
  const held = await findHeldJob(platform, claim)
  if (!held.ok) {
    return leaseLostError()
  }
  if (version !== undefined && found && readVersion(found) >= version) {
    await body.cancel()
    await announceIfPlayable(platform, held.row, name)
    return { ok: true, etag: found.etag }
  }
  const sha256 = parseContentDigest(digest)
  const stored = await platform.variants.replace(
    key,
    { body, sizeBytes },
    {
      contentType,
      etag: found?.etag ?? null,
      ...(version !== undefined && { metadata: { version: String(version) } }),
      ...(sha256 && { sha256 }),
    },
  )
  if (!stored.ok) {
    return stored.reason === 'replaced'
      ? errorResult('not_ready', `Another runner has just stored ${name}. Send it again.`)
      : toPutError(stored.reason, { name, sizeBytes, digest })
  }
  if (version !== undefined) {
    await announceIfPlayable(platform, held.row, name)
  }
  return { ok: true, etag: stored.object.etag }
}

/** Lists the files after the name `after`. `next` is the last listed name if there are more. */
export async function listPackageFiles(
  platform: Platform,
  claim: Claim,
  after: string | undefined,
): Promise<({ ok: true } & PackageFiles) | LeaseLostError | ErrorResult<'invalid_request'>> {
  const held = await findRecentlyHeldJob(platform, claim)
  if (!held) {
    return leaseLostError()
  }
  const prefix = held.packageKey
  if (prefix === null) {
    return errorResult('invalid_request', 'This job has no package.')
  }
  const { objects, isTruncated } = await platform.variants.list(
    prefix,
    MAX_LISTED_FILES,
    after === undefined ? undefined : prefix + after,
  )
  const files = objects.map(({ key, etag }) => ({ name: key.slice(prefix.length), etag }))
  return { ok: true, files, next: isTruncated ? (files.at(-1)?.name ?? null) : null }
}

/** A file without a version is final. */
function readVersion({ metadata }: StoredObject): number {
  return Number(metadata['version'] ?? Infinity)
}

/** The package of a split job is playable once its first file is stored, after those that it names. */
async function announceIfPlayable(platform: Platform, row: JobRow, name: string): Promise<void> {
  if (name === findPackageEntry(row.chunk!.transformation)) {
    const job = await markSplitPlayable(platform.db, row.id, Date.now())
    if (job) {
      platform.defer(platform.hubs.notify(job.queue, null))
    }
  }
}

function toPutError(
  reason: 'wrong_size' | 'digest_mismatch',
  { name, sizeBytes, digest }: Pick<PackageFile, 'name' | 'sizeBytes' | 'digest'>,
): ErrorResult<'digest_mismatch'> {
  if (reason === 'wrong_size') {
    throw new Error(`${name} does not have ${sizeBytes} bytes`)
  }
  return errorResult(
    'digest_mismatch',
    `The digest of ${name} differs from Content-Digest (${digest}). Send the file again.`,
  )
}
