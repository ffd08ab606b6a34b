/** The destinations of a request for jobs: which objects it may have written, and their keys. */
import type { DestinationRequest, JobDestination } from '../../contract/destination.ts'
import { quote } from '../../contract/quote.ts'
import { PACKAGE_ENTRY, type Rendition } from '../../contract/rendition.ts'
import { storagePath } from '../../contract/storagePath.ts'
import type { Caller } from '../../domain/caller.ts'
import { type ErrorResult, errorResult } from '../../domain/result.ts'
import { writeRequestForm } from '../../domain/transformation/canonicalForm.ts'
import type { CredentialBucket } from '../../storage/s3/credential.ts'
import type { Platform } from '../ports.ts'
import { findS3Bucket } from '../s3Credentials.ts'

type DestinationError = ErrorResult<'forbidden' | 'invalid_request'>

/** Returns the destination of each variant, by its name. */
export function findDestinations(
  platform: Pick<Platform, 's3Credentials'>,
  caller: Pick<Caller, 'keyId' | 'queue' | 'pathPrefix'>,
  request: DestinationRequest,
  filePath: string,
  renditions: ReadonlyMap<string, Rendition>,
): { ok: true; destinations: Map<string, JobDestination> } | DestinationError {
  const { credential, key, prefix } = request
  if (key !== undefined && renditions.size > 1) {
    return errorResult(
      'invalid_request',
      `destination.key is the key of one object, but the request has ${renditions.size} variants. Name a prefix instead, or send a request for each variant.`,
    )
  }
  const destinations = new Map<string, JobDestination>()
  for (const [variant, rendition] of renditions) {
    if (PACKAGE_ENTRY[rendition.kind] !== undefined) {
      return errorResult(
        'invalid_request',
        `${quote(variant)} is a package of several files. A destination takes variants of one file.`,
      )
    }
    const ownKey = key ?? nameObject(variant, rendition, filePath)
    const opened = openDestination(platform, caller, request, (writePrefix) =>
      key === undefined ? (prefix ?? writePrefix) + ownKey : ownKey,
    )
    if (!opened.ok) {
      return opened
    }
    const { bucket } = opened.bucket
    destinations.set(variant, { credential, bucket, key: opened.key, etag: null, sizeBytes: null })
  }
  return { ok: true, destinations }
}

/** The path of the variant, with the extension of its format. */
function nameObject(variant: string, { format }: Rendition, filePath: string): string {
  return `${writeRequestForm(variant)}/${filePath.replace(/\.[^./]+$/, '')}.${format}`
}

/**
 * Returns the bucket of a destination, and the key, if the caller may have the object written.
 *
 * @param chooseKey returns the key of the object
 */
export function openDestination(
  platform: Pick<Platform, 's3Credentials'>,
  caller: Pick<Caller, 'keyId' | 'queue' | 'pathPrefix'>,
  { credential, bucket }: Pick<DestinationRequest, 'credential' | 'bucket'>,
  chooseKey: (writePrefix: string) => string,
): { ok: true; bucket: CredentialBucket; key: string } | DestinationError {
  const found = findS3Bucket(platform, caller, credential, bucket)
  if (!found.ok) {
    return found
  }
  const { writePrefix } = platform.s3Credentials().get(credential)!
  if (writePrefix === null) {
    return errorResult(
      'forbidden',
      `The credential ${quote(credential)} may only read. To write with it, set its writePrefix in the secret S3_CREDENTIALS, such as "renders/".`,
    )
  }
  const chosen = chooseKey(writePrefix)
  const key = storagePath.safeParse(chosen)
  if (!key.success) {
    return errorResult(
      'invalid_request',
      `destination: The key ${quote(chosen)} cannot be written. ${key.error.issues[0]!.message}`,
    )
  }
  return key.data.startsWith(writePrefix)
    ? { ok: true, bucket: found.bucket, key: key.data }
    : errorResult(
        'forbidden',
        `The credential ${quote(credential)} may only write keys that begin with ${quote(writePrefix)} (got ${quote(key.data)}).`,
      )
}
