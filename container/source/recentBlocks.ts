/**
 * Blocks of originals that jobs have read lately. A job for a small part of the same file, such as
 * another frame, then reads its header and index without requests to the gateway.
 */
import { waitUnlessAborted } from './abortable.ts'
import { BLOCK_BYTES, type FetchRange, type Pieces } from './blockCache.ts'

/** 16 MiB. */
const MAX_BLOCKS = 64

export type RecentBlocks = ReturnType<typeof createRecentBlocks>

export function createRecentBlocks() {
  // A Map iterates in insertion order: the first key is the least recently used block.
  const blocks = new Map<string, Pieces>()
  /** Blocks that are being fetched; null for one whose fetch fails. */
  const fetches = new Map<string, Promise<Pieces | null>>()

  function store(key: string, block: Pieces) {
    blocks.delete(key)
    blocks.set(key, block)
    const [oldest] = blocks.keys()
    if (blocks.size > MAX_BLOCKS && oldest !== undefined) {
      blocks.delete(oldest)
    }
  }

  /** Waits for a block that is known or is being fetched; null if there is none, or if its fetch fails. */
  async function find(key: string, signal: AbortSignal): Promise<Pieces | null> {
    const fetching = fetches.get(key)
    return blocks.get(key) ?? (fetching ? waitUnlessAborted(fetching, signal) : null)
  }

  async function fetchBlock(key: string, fetching: Promise<Pieces>): Promise<Pieces> {
    const fetchedOrNull = fetching.catch(() => null)
    fetches.set(key, fetchedOrNull)
    try {
      return await fetching
    } finally {
      fetches.delete(key)
    }
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
      let block = await find(key, signal)
      // While this job waited for a fetch that failed, another one may have begun to fetch the block.
      while (block === null && fetches.has(key)) {
        block = await find(key, signal)
      }
      block ??= await fetchBlock(key, fetchRange(start, end, signal))
      store(key, block)
      return block
    }
  }
}
