/** Evaluates the preconditions of a request for a stored object, as RFC 9110 defines them. */
import { httpEtag, type StoredObject } from '../storage/objectStore.ts'

/** Headers that make a request conditional. `If-Range` decides only about the range. */
const CONDITIONS = ['If-Match', 'If-Unmodified-Since', 'If-None-Match', 'If-Modified-Since']

export function hasConditions(headers: Headers): boolean {
  return CONDITIONS.some((name) => headers.has(name))
}

/** An entity tag. It can contain any visible character except the quote, and so a comma. */
const ENTITY_TAG = /(?:W\/)?"[^"]*"/g

/** Returns the entity tags of a header; for the header `*`, which matches any state, `*` alone. */
function listTags(header: string): string[] {
  return header.trim() === '*' ? ['*'] : (header.match(ENTITY_TAG) ?? [])
}

/** Reads an HTTP date (ms since the epoch). A date that is not valid is ignored, as if missing. */
function readDate(header: string | null): number | null {
  const ms = header === null ? Number.NaN : Date.parse(header)
  return Number.isNaN(ms) ? null : ms
}

/** The time of `Last-Modified`, which has whole seconds (ms since the epoch). */
function lastModified({ uploadedAt }: StoredObject): number {
  return Math.floor(uploadedAt.getTime() / 1000) * 1000
}

/**
 * Evaluates the conditions in the order of RFC 9110, section 13.2.2: those for which the response
 * is 412 first, then those for which it is 304. The range of the request is considered after them.
 */
export function evaluateConditions(
  headers: Headers,
  object: StoredObject,
): 'met' | 'failed' | 'not_modified' {
  const etag = httpEtag(object)
  const ifMatch = headers.get('If-Match')
  const unmodifiedSince = readDate(headers.get('If-Unmodified-Since'))
  const isFailed =
    ifMatch === null
      ? unmodifiedSince !== null && lastModified(object) > unmodifiedSince
      : !listTags(ifMatch).some((tag) => tag === '*' || tag === etag)
  if (isFailed) {
    return 'failed'
  }
  const ifNoneMatch = headers.get('If-None-Match')
  const modifiedSince = readDate(headers.get('If-Modified-Since'))
  const isUnmodified =
    ifNoneMatch === null
      ? modifiedSince !== null && lastModified(object) <= modifiedSince
      : listTags(ifNoneMatch).some((tag) => ['*', etag, `W/${etag}`].includes(tag))
  return isUnmodified ? 'not_modified' : 'met'
}

/** Returns false if `If-Range` names another state of the object; the range is then ignored. */
export function isRangeCurrent(headers: Headers, object: StoredObject): boolean {
  const ifRange = headers.get('If-Range')
  return (
    ifRange === null || ifRange === httpEtag(object) || readDate(ifRange) === lastModified(object)
  )
}
