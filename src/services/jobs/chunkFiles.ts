/**
 * Finds the files of the completed chunks of a split job, as the runner of `join` reads them. A film has hundreds,
 * each is read in several ranges, and a query for one of them would read the rows of all. So all keys are read
 * by one query.
 */
import { listChunkKeys } from '../../db/chunks.ts'
import type { ReferenceFile } from '../../db/rows.ts'
import type { Platform } from '../ports.ts'

export type FindChunkFile = ReturnType<typeof createChunkFinder>

/** Returns a function that finds the file of a completed chunk by its index; undefined if there is none. */
export function createChunkFinder(jobId: string) {
  const files = new Map<number, ReferenceFile>()
  // Not the promise: it would never settle if the request that began the query was cancelled.
  let keys: ReadonlyMap<number, string> | null = null

  async function findKey({ db }: Platform, index: number): Promise<string | undefined> {
    // The chunk may have been completed since the keys were read.
    if (keys?.has(index) !== true) {
      keys = await listChunkKeys(db, jobId)
    }
    return keys.get(index)
  }

  return async (platform: Platform, index: number): Promise<ReferenceFile | undefined> => {
    const known = files.get(index)
    if (known !== undefined) {
      return known
    }
    const key = await findKey(platform, index)
    const object = key === undefined ? null : await platform.variants.head(key)
    if (object === null) {
      return undefined
    }
    const file = { path: object.key, etag: object.etag, sizeBytes: object.sizeBytes }
    files.set(index, file)
    return file
  }
}
