/** Access to the named credentials of S3-compatible services. */
import { quote } from '../contract/quote.ts'
import { type Caller, isRestricted } from '../domain/caller.ts'
import { type ErrorResult, errorResult } from '../domain/result.ts'
import type { S3Bucket } from '../storage/s3/client.ts'
import type { CredentialBucket, S3Credential } from '../storage/s3/credential.ts'
import type { Platform } from './ports.ts'

/**
 * Returns a bucket of a named credential that the caller may use. A caller that may not gets the same
 * error as for a name that does not exist.
 *
 * @param bucket the name of the bucket; may be missing if the credential has only one
 */
export function findS3Bucket(
  platform: Pick<Platform, 's3Credentials'>,
  caller: Pick<Caller, 'keyId' | 'queue' | 'pathPrefix'>,
  name: string,
  bucket?: string,
): { ok: true; bucket: CredentialBucket } | ErrorResult<'forbidden' | 'invalid_request'> {
  const credential = platform.s3Credentials().get(name)
  if (!credential || !canUseCredential(caller, credential)) {
    return errorResult(
      'forbidden',
      `There is no credential ${quote(name)} that this key may use. The secret S3_CREDENTIALS has the credentials, and the keys that may use them.`,
    )
  }
  const found = resolveBucket(credential, bucket)
  return found === null
    ? errorResult(
        'invalid_request',
        bucket === undefined
          ? `The credential ${quote(name)} has several buckets: name one of them.`
          : `The credential ${quote(name)} is not for the bucket ${quote(bucket)}.`,
      )
    : { ok: true, bucket: { ...found, credential: name } }
}

/** Returns a bucket of a credential; null if it is not for this bucket. */
function resolveBucket(
  { buckets, endpoint, region, accessKeyId, secretAccessKey }: S3Credential,
  bucket: string | undefined,
): S3Bucket | null {
  const name = bucket ?? (buckets.length === 1 ? buckets[0]! : '')
  return buckets.includes(name)
    ? { endpoint, region, accessKeyId, secretAccessKey, bucket: name }
    : null
}

/**
 * A credential is for the keys that it lists. Without a list, it is for keys without a restriction: it
 * reaches more than one queue or folder. The root key may use all.
 */
function canUseCredential(
  caller: Pick<Caller, 'keyId' | 'queue' | 'pathPrefix'>,
  { keys }: S3Credential,
): boolean {
  const { keyId } = caller
  if (keyId === null || keyId === 'root') {
    return keyId === 'root'
  }
  return keys === null ? !isRestricted(caller) : keys.includes(keyId)
}
