/**
 * Blocks of originals that jobs have read lately. A job for a small part of the same file, such as
 * another frame, then reads its header and index without requests to the gateway.
 */
import { BLOCK_BYTES, type FetchRange, type Pieces } from './blockCache.ts'
import { createPendingFetches } from './pendingFetches.ts'

/** 16 MiB. */
const MAX_BLOCKS = 64

export type RecentBlocks = ReturnType<typeof createRecentBlocks>

export function createRecentBlocks() {
  // A Map iterates in insertion order: the first key is the least recently used block.
  const blocks = new Map<string, Pieces>()
  const fetches = createPendingFetches<string, Pieces>()

  /** The block becomes the most recently used one. */
  function store(key: string, block: Pieces): Pieces {
    blocks.delete(key)
    blocks.set(key, block)
    const [oldest] = blocks.keys()
    if (blocks.size > MAX_BLOCKS && oldest !== undefined) {
      blocks.delete(oldest)
    }
    return block
  }

  /**
   * Fetches single blocks only if they are not known, and no other job is fetching them. Longer ranges belong
   * to a file that is read as a whole, of which nothing is kept.
   */
  return function keepBlocks(
    { filePath, etag }: { filePath: string; etag: string },
    fetchRange: FetchRange,
  ): FetchRange {
    return async (start, end, signal) => {
      if (end - start > BLOCK_BYTES) {
        return fetchRange(start, end, signal)
      }
      const key = JSON.stringify([filePath, etag, start, end])
      let block = blocks.get(key) ?? null
      while (block === null && fetches.has(key)) {
        block = await fetches.wait(key, signal)
      }
      if (block !== null) {
        return store(key, block)
      }
      const stored = fetchRange(start, end, signal).then((fetched) => store(key, fetched))
      return fetches.share([key], stored)
    }
  }
}
