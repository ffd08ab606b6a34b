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

/** As long as the names of files in packages can be. */
const LONGEST_NAME = `${'x'.repeat(48)}.m3u8`

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
    const entry = PACKAGE_ENTRY[rendition.kind]
    const opened = openDestination(
      platform,
      caller,
      request,
      (writePrefix) => {
        const name = key ?? (prefix ?? writePrefix) + nameObject(variant, rendition, filePath)
        return entry === undefined ? name : `${name}/${entry}`
      },
      entry !== undefined,
    )
    if (!opened.ok) {
      return opened
    }
    const { bucket } = opened.bucket
    const stored = { etag: null, sizeBytes: null, files: null }
    destinations.set(variant, { credential, bucket, key: opened.key, ...stored })
  }
  return { ok: true, destinations }
}

/** The path of the variant, with the extension of its format. A package has the name of its file, as it is served. */
function nameObject(variant: string, { kind, format }: Rendition, filePath: string): string {
  const name =
    PACKAGE_ENTRY[kind] === undefined ? `${filePath.replace(/\.[^./]+$/, '')}.${format}` : filePath
  return `${writeRequestForm(variant)}/${name}`
}

/** The folder of an object, with a slash at its end. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

/**
 * Returns the bucket of a destination, and the key, if the caller may have the object written.
 *
 * @param chooseKey returns the key of the object; for a package, of the file that players open first
 */
export function openDestination(
  platform: Pick<Platform, 's3Credentials'>,
  caller: Pick<Caller, 'keyId' | 'queue' | 'pathPrefix'>,
  { credential, bucket }: Pick<DestinationRequest, 'credential' | 'bucket'>,
  chooseKey: (writePrefix: string) => string,
  isPackage: boolean,
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
  // Each file of a package is checked by its folder.
  const folder = folderOf(key.data)
  if (isPackage && !storagePath.safeParse(folder + LONGEST_NAME).success) {
    return errorResult(
      'invalid_request',
      `destination: The folder ${quote(folder)} is too long for the names of the files in it. A key may have at most 1,024 bytes.`,
    )
  }
  return (isPackage ? folder : key.data).startsWith(writePrefix)
    ? { ok: true, bucket: found.bucket, key: key.data }
    : errorResult(
        'forbidden',
        `The credential ${quote(credential)} may only write keys that begin with ${quote(writePrefix)} (got ${quote(key.data)}).`,
      )
}
