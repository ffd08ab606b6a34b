/**
 * Blocks of originals that jobs have read lately. A job for a small part of the same file, such as
 * another frame, then reads its header and index without requests to the gateway.
 */
import { BLOCK_BYTES, type FetchRange, type Pieces } from './blockCache.ts'

/** 16 MiB. */
const MAX_BLOCKS = 64

export type RecentBlocks = ReturnType<typeof createRecentBlocks>

export function createRecentBlocks() {
  // A Map iterates in insertion order: the first key is the least recently used block.
  const blocks = new Map<string, Pieces>()

  function store(key: string, block: Pieces) {
    blocks.delete(key)
    blocks.set(key, block)
    const [oldest] = blocks.keys()
    if (blocks.size > MAX_BLOCKS && oldest !== undefined) {
      blocks.delete(oldest)
    }
  }

  /**
   * Fetches single blocks only if they are not known. Longer ranges belong to a file that is read as
   * a whole, of which nothing is kept.
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
      const block = blocks.get(key) ?? (await fetchRange(start, end, signal))
      store(key, block)
      return block
    }
  }
}
