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
  let keys: Promise<ReadonlyMap<number, string>> | null = null

  function readKeys({ db }: Platform) {
    const reading = listChunkKeys(db, jobId)
    keys = reading
    reading.catch(() => (keys = null))
    return reading
  }

  async function findKey(platform: Platform, index: number): Promise<string | undefined> {
    const isNew = keys === null
    const key = (await (keys ?? readKeys(platform))).get(index)
    // The chunk may have been completed since the keys were read.
    return key === undefined && !isNew ? (await readKeys(platform)).get(index) : key
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
