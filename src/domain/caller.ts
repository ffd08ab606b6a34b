/** What a caller may see: everything, or one queue, or one folder, or one folder in one queue. */
import { type Scope, SCOPES } from '../contract/apiKey.ts'

/** What lies outside is to be answered as if it did not exist. */
export interface Restriction {
  queue: string | null
  /** Ends in a slash. */
  pathPrefix: string | null
}
export const UNRESTRICTED: Restriction = Object.freeze({ queue: null, pathPrefix: null })

export interface Caller extends Restriction {
  /** `key_…`, "root" for the key in the secret, null for a visitor without a key. */
  keyId: string | null
  scopes: readonly Scope[]
  maxStreams: number | null
  maxQueuedJobs: number | null
  /** When its leave ends (ms since the epoch). */
  until: number | null
}

const UNBOUND = { ...UNRESTRICTED, maxStreams: null, maxQueuedJobs: null, until: null }
/** The key in the secret: the first one, with which others are made. */
export const ROOT: Caller = Object.freeze({ ...UNBOUND, keyId: 'root', scopes: SCOPES })
export const VISITOR: Caller = Object.freeze({ ...UNBOUND, keyId: null, scopes: [] })

/** The API key that a caller's jobs and files are counted against; null where there is no limit. */
export function chargedKeyId({ keyId }: Pick<Caller, 'keyId'>) {
  return keyId?.startsWith('key_') ? keyId : null
}

export function canSeeQueue({ queue }: Restriction, name: string) {
  return queue === null || queue === name
}

export function canSeePath({ pathPrefix }: Restriction, path: string) {
  return pathPrefix === null || path.startsWith(pathPrefix)
}

export function canSee(restriction: Restriction, job: { queue: string; filePath: string }) {
  return canSeeQueue(restriction, job.queue) && canSeePath(restriction, job.filePath)
}

/** The least text that sorts after all that begins with `prefix`: "0" comes next after "/". */
export function prefixUpperBound(prefix: string) {
  return `${prefix.slice(0, -1)}0`
}
