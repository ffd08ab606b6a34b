/** Callers, and the restriction of what a caller may see: a queue, a folder, both or neither. */
import { type Scope, SCOPES } from '../contract/apiKey.ts'

/**
 * What a caller may see: the jobs of one queue, and the files and jobs of one folder. A property
 * that is null does not restrict the caller.
 */
export interface Restriction {
  queue: string | null
  /** Ends in a slash. */
  pathPrefix: string | null
}
export const UNRESTRICTED: Restriction = Object.freeze({ queue: null, pathPrefix: null })

export function isRestricted({ queue, pathPrefix }: Restriction): boolean {
  return queue !== null || pathPrefix !== null
}

export interface Caller extends Restriction {
  /** `key_…` for an API key, "root" for the root key, null for a visitor without a key. */
  keyId: string | null
  scopes: readonly Scope[]
  maxStreams: number | null
  maxQueuedJobs: number | null
  /** Time at which the access expires, in milliseconds since the epoch; null for never. */
  expiresAt: number | null
}

const UNBOUND = { ...UNRESTRICTED, maxStreams: null, maxQueuedJobs: null, expiresAt: null }
/** The root key is the secret `API_KEY`. It creates the first API keys. */
export const ROOT: Caller = Object.freeze({ ...UNBOUND, keyId: 'root', scopes: SCOPES })
/** The caller of a request without a key. */
export const VISITOR: Caller = Object.freeze({ ...UNBOUND, keyId: null, scopes: [] })

/**
 * Returns the id of the API key that the caller's jobs and files count against; null for the root
 * key and for visitors.
 */
export function chargedKeyId({ keyId }: Pick<Caller, 'keyId'>): string | null {
  return keyId?.startsWith('key_') ? keyId : null
}

export function canSeeQueue({ queue }: Pick<Restriction, 'queue'>, name: string) {
  return queue === null || queue === name
}

export function canSeePath({ pathPrefix }: Restriction, path: string) {
  return pathPrefix === null || path.startsWith(pathPrefix)
}

export function canSee(restriction: Restriction, job: { queue: string; filePath: string }) {
  return canSeeQueue(restriction, job.queue) && canSeePath(restriction, job.filePath)
}

/**
 * Returns the smallest text that sorts after every text that begins with `prefix`. `prefix` must
 * end in "/".
 */
export function prefixUpperBound(prefix: string) {
  // "0" is the character after "/".
  return `${prefix.slice(0, -1)}0`
}
