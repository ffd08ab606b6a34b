/** Lists the stored originals that a caller can see, in pages, in the order of their paths. */
import type { ListFilesQuery, ListedFile } from '../../contract/storedFile.ts'
import { listVisiblePaths } from '../../db/jobList.ts'
import type { Restriction } from '../../domain/caller.ts'
import { originalContentType } from '../../storage/originals.ts'
import type { Platform } from '../ports.ts'
import { serializeFile, toIsoTime } from '../serializers.ts'

interface FilePage {
  files: ListedFile[]
  /** Path after which the next page begins; null on the last page. */
  next: string | null
}

/**
 * Returns one page. A key that is restricted to a queue sees the files that have a job or a variant of
 * the queue, so its pages can have fewer files than `limit`.
 */
export async function listFiles(
  { db, originals }: Platform,
  restriction: Restriction,
  { prefix, limit }: Omit<ListFilesQuery, 'cursor'>,
  after: string | undefined,
): Promise<FilePage> {
  const visiblePrefix = combinePrefixes(prefix, restriction.pathPrefix)
  if (visiblePrefix === null) {
    return { files: [], next: null }
  }
  const { objects, isTruncated } = await originals.list(visiblePrefix, limit, after)
  const { queue } = restriction
  const paths = objects.map(({ key }) => key)
  const visible = new Set(queue === null ? paths : await listVisiblePaths(db, paths, queue))
  const files = objects
    .filter(({ key }) => visible.has(key))
    .map((object) => ({
      ...serializeFile({ ...object, contentType: originalContentType(object.key) }),
      uploadedAt: toIsoTime(object.uploadedAt.getTime()),
    }))
  return { files, next: isTruncated ? (paths.at(-1) ?? null) : null }
}

/** Returns the narrower prefix; null if no path begins with both. */
function combinePrefixes(requested: string, allowed: string | null): string | null {
  if (allowed === null || requested.startsWith(allowed)) {
    return requested
  }
  return allowed.startsWith(requested) ? allowed : null
}
