/** Credentials of S3-compatible services, which the operator gives names. */
import type { S3Bucket } from './client.ts'

export interface S3Credential extends Omit<S3Bucket, 'bucket'> {
  /** The buckets that it may be used for. */
  buckets: readonly string[]
  /** Prefix of the keys that the credential may write. An empty prefix allows all keys, and null allows none. */
  writePrefix: string | null
  /** The ids of the API keys that may use it; null for every key without a restriction. */
  keys: readonly string[] | null
}

/** A bucket that was opened by a named credential. */
export interface CredentialBucket extends S3Bucket {
  /** The name, for messages to callers: the endpoint is the operator's. */
  credential: string
}

/** By name. */
export type S3Credentials = ReadonlyMap<string, S3Credential>
